// The runtime of ruby* functions: run by the host's ruby, speaks the Runtime API over descriptor 3.
#pragma once

#include <string_view>

namespace cumulet::lambda {

inline constexpr std::string_view ruby_bootstrap = R"rb(# frozen_string_literal: true

require 'json'

API = '/2018-06-01/runtime/'
NEXT = "GET #{API}invocation/next HTTP/1.1\r\nHost: runtime\r\n\r\n"

class LambdaContext
  attr_reader :aws_request_id, :invoked_function_arn, :log_group_name, :log_stream_name, :function_name,
              :memory_limit_in_mb, :function_version, :deadline_ms, :identity, :client_context

  def initialize(headers)
    @aws_request_id = headers['lambda-runtime-aws-request-id']
    @invoked_function_arn = headers['lambda-runtime-invoked-function-arn']
    @deadline_ms = headers['lambda-runtime-deadline-ms'].to_i
    @identity = JSON.parse(headers['lambda-runtime-cognito-identity']) if headers['lambda-runtime-cognito-identity']
    @client_context = JSON.parse(headers['lambda-runtime-client-context']) if headers['lambda-runtime-client-context']
    @log_group_name = ENV['AWS_LAMBDA_LOG_GROUP_NAME']
    @log_stream_name = ENV['AWS_LAMBDA_LOG_STREAM_NAME']
    @function_name = ENV['AWS_LAMBDA_FUNCTION_NAME']
    @function_version = ENV['AWS_LAMBDA_FUNCTION_VERSION']
    @memory_limit_in_mb = ENV['AWS_LAMBDA_FUNCTION_MEMORY_SIZE']
  end

  def get_remaining_time_in_millis
    [deadline_ms - (Process.clock_gettime(Process::CLOCK_REALTIME) * 1000).to_i, 0].max
  end
end

# Everything of the runtime lies in here: a function's own top-level methods cannot meet it.
class CumuletRuntime
  def initialize
    @channel = IO.for_fd(3, 'r+b', autoclose: false)
    @channel.sync = true
    @pending = String.new(encoding: Encoding::BINARY)
    $stdout.sync = $stderr.sync = true
  end

  def run
    handler = initialising { load_handler }
    @channel.write(NEXT)
    loop { serve(handler) }
  end

  private

  def serve(handler)
    headers, body = read_answer
    id = headers['lambda-runtime-aws-request-id']
    sleep if id.nil? # nothing follows but SIGTERM
    ENV['_X_AMZN_TRACE_ID'] = headers['lambda-runtime-trace-id'] if headers['lambda-runtime-trace-id']
    begin
      event = JSON.parse(body.empty? ? '{}' : body.force_encoding(Encoding::UTF_8))
      result = handler.call(event, LambdaContext.new(headers))
      post("invocation/#{id}/response", result.respond_to?(:read) ? result.read : JSON.generate(result), NEXT)
    rescue Exception => error # rubocop:disable Lint/RescueException
      shape = shape_of('Function', error)
      report('Error raised from handler method', shape)
      critical = !error.is_a?(StandardError)
      post("invocation/#{id}/error", JSON.generate(shape), critical ? '' : NEXT, type_header(shape))
      exit!(255) if critical
    end
    read_answer
  end

  def load_handler
    parts = ENV.fetch('_HANDLER', '').split('.')
    unless [2, 3].include?(parts.size)
      raise ArgumentError, "Invalid handler #{ENV['_HANDLER']}, must be of form FILENAME.METHOD or " \
                           'FILENAME.CLASS.METHOD where FILENAME corresponds with an existing Ruby source file ' \
                           'FILENAME.rb, CLASS is an optional module/class namespace and METHOD is a callable method. ' \
                           'If using CLASS, METHOD must be a class-level method.'
    end
    root = ENV.fetch('LAMBDA_TASK_ROOT')
    $LOAD_PATH.unshift(root) unless $LOAD_PATH.include?(root)
    require parts.first
    owner = parts.size == 3 ? Kernel.const_get(parts[1]) : TOPLEVEL_BINDING.receiver
    name = parts.last.to_sym
    raise NameError, "undefined method '#{name}' for #{owner.inspect}" unless owner.respond_to?(name, true)
    ->(event, context) { owner.__send__(name, event: event, context: context) }
  end

  def initialising
    yield
  rescue Exception => error # rubocop:disable Lint/RescueException
    shape = shape_of('Init', error)
    report("Init error when loading handler #{ENV['_HANDLER']}", shape)
    post('init/error', JSON.generate(shape), '', type_header(shape))
    exit!(1)
  end

  def shape_of(kind, error)
    trace = (error.backtrace || []).reject { |line| line.start_with?(__FILE__) || line.start_with?('<internal:') }
    message = error.message.dup.force_encoding(Encoding::UTF_8).scrub
    { errorMessage: message, errorType: "#{kind}<#{error.class.name}>", stackTrace: trace }
  end

  def report(title, shape)
    $stdout.puts("#{title}\r#{JSON.generate(shape)}")
    $stdout.flush
  end

  def type_header(shape)
    "Lambda-Runtime-Function-Error-Type: #{shape[:errorType].gsub(/[^ -~]/, '_')}\r\n"
  end

  def read_answer
    fill until (ending = @pending.index("\r\n\r\n"))
    headers = {}
    @pending.byteslice(0, ending).split("\r\n").drop(1).each do |line|
      name, _, value = line.partition(':')
      headers[name.downcase] = value.strip
    end
    size = headers.fetch('content-length', '0').to_i
    start = ending + 4
    fill while @pending.bytesize < start + size
    body = @pending.byteslice(start, size)
    @pending = @pending.byteslice(start + size, @pending.bytesize)
    [headers, body]
  end

  def fill
    @pending << @channel.readpartial(262_144)
  rescue EOFError
    exit!(0)
  end

  def post(place, body, following, headers = '')
    @channel.write("POST #{API}#{place} HTTP/1.1\r\nHost: runtime\r\n#{headers}Content-Length: #{body.bytesize}\r\n\r\n".b +
                   body.b + following)
  end
end

CumuletRuntime.new.run
)rb";

}  // namespace cumulet::lambda
