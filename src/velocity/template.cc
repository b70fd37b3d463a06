#include "velocity/template.h"

#include "velocity/methods.h"
#include "velocity/operators.h"
#include "velocity/syntax.h"

namespace cumulet::velocity {
namespace {

using Kind = Expression::Kind;

struct Limit {
    std::string which;
};

enum class Flow { go_on, leave, stop };

/// What #define gives a name to: rendered wherever the name stands.
struct Definition final : Object {
    explicit Definition(const Block& defined) : block(&defined) {}
    std::optional<Value> call(std::string_view, std::span<const Value>) const override { return std::nullopt; }
    const Block* block;
};

/// One rendering of one template.
class Rendering {
  public:
    Rendering(const Parsed& parsed, Variables& variables) : variables_(variables), sources_{&parsed} {}

    std::string whole(const Block& block) {
        render(block);
        return std::move(out_);
    }

  private:
    void step() {
        if (++steps_ > Template::max_steps) throw Limit{"it takes more than 1000000 steps"};
    }

    void write(std::string_view text) {
        if (out_.size() + text.size() > Template::max_output_bytes) throw Limit{"it is longer than 10 MiB"};
        out_.append(text);
    }

    /// Counts what is rendered inside of each other.
    class Inner {
      public:
        explicit Inner(int& depth) : depth_(depth) {
            if (++depth_ > Template::max_calls) throw Limit{"macros call each other more than 20 deep"};
        }
        ~Inner() { --depth_; }

      private:
        int& depth_;
    };

    /// Sets variables for a while, and brings back what they were.
    class Scope {
      public:
        explicit Scope(Variables& variables) : variables_(variables) {}
        ~Scope() {
            for (auto it = former_.rbegin(); it != former_.rend(); ++it) {
                if (it->second) {
                    variables_.insert_or_assign(it->first, std::move(*it->second));
                } else {
                    variables_.erase(it->first);
                }
            }
        }
        void set(const std::string& name, Value value) {
            const auto found = variables_.find(name);
            former_.emplace_back(name, found == variables_.end() ? std::nullopt : std::optional(found->second));
            variables_.insert_or_assign(name, std::move(value));
        }

      private:
        Variables& variables_;
        std::vector<std::pair<std::string, std::optional<Value>>> former_;
    };

    Flow render(const Block& block) {
        for (const auto& node : block) {
            step();
            if (const auto flow = render(node); flow != Flow::go_on) return flow;
        }
        return Flow::go_on;
    }

    Flow render(const Node& node) {
        switch (node.kind) {
            case Node::Kind::text: write(node.text); return Flow::go_on;
            case Node::Kind::reference: write_reference(node); return Flow::go_on;
            case Node::Kind::set: assign(node.reference, evaluate(node.expressions[0])); return Flow::go_on;
            case Node::Kind::choice: return choose(node);
            case Node::Kind::loop: return loop(node);
            case Node::Kind::leave: return Flow::leave;
            case Node::Kind::stop: return Flow::stop;
            case Node::Kind::define:
                assign(node.reference, std::shared_ptr<const Object>(std::make_shared<Definition>(node.blocks[0])));
                return Flow::go_on;
            case Node::Kind::evaluate: return render_text(to_text(evaluate(node.expressions[0])));
            case Node::Kind::call: return call(node);
        }
        return Flow::go_on;
    }

    /// An odd number of backslashes shows the reference itself, unless it is null: then they are just text.
    void write_reference(const Node& node) {
        const auto value = evaluate(node.reference);
        if (value.is_null()) {
            write(std::string(node.backslashes, '\\'));
            if (node.backslashes % 2 == 1) write(node.reference.source);
            return;
        }
        write(std::string(node.backslashes / 2, '\\'));
        if (node.backslashes % 2 == 1) {
            write(node.reference.source);
        } else {
            write_value(value);
        }
    }

    void write_value(const Value& value) {
        if (const auto* definition = dynamic_cast<const Definition*>(value.object())) {
            const Inner inner(depth_);
            render(*definition->block);
        } else {
            write(to_text(value));
        }
    }

    Flow choose(const Node& node) {
        for (size_t i = 0; i < node.expressions.size(); ++i)
            if (evaluate(node.expressions[i]).holds()) return render(node.blocks[i]);
        return node.blocks.size() > node.expressions.size() ? render(node.blocks.back()) : Flow::go_on;
    }

    static List elements_of(const Value& value) {
        if (const auto* list = value.list()) return *list;
        List elements;
        if (const auto* map = value.map()) {
            for (const auto& member : map->members()) elements.push_back(member.second);
        }
        return elements;
    }

    Flow loop(const Node& node) {
        const auto elements = elements_of(evaluate(node.expressions[0]));
        const auto count = std::min(elements.size(), Template::max_iterations);
        Scope scope(variables_);
        const auto outer = variables_.find("foreach");
        const auto parent = outer == variables_.end() ? Value() : outer->second;
        scope.set("foreach", {});
        scope.set("velocityCount", {});
        scope.set(node.reference.name, {});
        for (size_t i = 0; i < count; ++i) {
            step();
            Map state;
            state.put("index", i);
            state.put("count", i + 1);
            state.put("hasNext", i + 1 < elements.size());
            state.put("first", i == 0);
            state.put("last", i + 1 == elements.size());
            state.put("parent", parent);
            variables_.insert_or_assign("foreach", Value(std::move(state)));
            variables_.insert_or_assign("velocityCount", Value(i + 1));
            variables_.insert_or_assign(node.reference.name, elements[i]);
            const auto flow = render(node.blocks[0]);
            if (flow == Flow::leave) break;
            if (flow == Flow::stop) return flow;
        }
        return Flow::go_on;
    }

    Flow render_text(const std::string& text) {
        const Inner inner(depth_);
        try {
            auto parsed = std::make_shared<Parsed>(parse_template(text));
            evaluated_.push_back(parsed);  // its definitions may be used later
            sources_.push_back(parsed.get());
            return render(parsed->block);
        } catch (const Malformed& malformed) {
            throw Limit{malformed.why.substr(0, malformed.why.size() - 1)};  // without the full stop
        }
    }

    const Macro* find_macro(const std::string& name) const {
        for (const auto* source : sources_)
            if (const auto found = source->macros.find(name); found != source->macros.end()) return &found->second;
        return nullptr;
    }

    Flow call(const Node& node) {
        const auto* macro = find_macro(node.text);
        if (!macro) throw Limit{fmt::format("there is no macro #{}", node.text)};
        const Inner inner(depth_);
        std::vector<Value> arguments;
        for (size_t i = 0; i < macro->parameters.size(); ++i)
            arguments.push_back(evaluate(i < node.expressions.size() ? node.expressions[i] : macro->defaults[i]));
        Scope scope(variables_);
        for (size_t i = 0; i < arguments.size(); ++i) scope.set(macro->parameters[i], std::move(arguments[i]));
        if (!node.blocks.empty()) {
            scope.set("bodyContent", std::shared_ptr<const Object>(std::make_shared<Definition>(node.blocks[0])));
        }
        return render(macro->body) == Flow::stop ? Flow::stop : Flow::go_on;
    }

    /// Null is not assigned: the variable keeps what it has, as Velocity does it by default.
    void assign(const Reference& reference, Value value) {
        if (value.is_null()) return;
        if (reference.accesses.empty()) {
            variables_.insert_or_assign(reference.name, std::move(value));
            return;
        }
        Reference owner{.name = reference.name, .accesses = reference.accesses};
        const auto last = std::move(owner.accesses.back());
        owner.accesses.pop_back();
        const auto receiver = evaluate(owner);
        if (last.kind == Access::Kind::method) return;
        const auto key = last.kind == Access::Kind::member ? Value(last.name) : evaluate(last.arguments[0]);
        const Value arguments[] = {key, std::move(value)};
        call_method(receiver, receiver.map() ? "put" : "set", arguments, copying_);
    }

    Value evaluate(const Reference& reference) {
        step();
        const auto found = variables_.find(reference.name);
        Value value = found == variables_.end() ? Value() : found->second;
        for (const auto& access : reference.accesses) {
            if (value.is_null()) break;
            std::vector<Value> arguments;
            for (const auto& argument : access.arguments) arguments.push_back(evaluate(argument));
            switch (access.kind) {
                case Access::Kind::member: value = member_of(value, access.name); break;
                case Access::Kind::method: value = call_method(value, access.name, arguments, copying_); break;
                case Access::Kind::index: value = element_of(value, arguments[0]); break;
            }
        }
        return value;
    }

    Value evaluate(const Expression& expression) {
        step();
        const auto& children = expression.children;
        switch (expression.kind) {
            case Kind::constant: return expression.constant;
            case Kind::reference: return evaluate(expression.reference);
            case Kind::interpolated: return interpolate(expression.block);
            case Kind::list: return list_of(children);
            case Kind::range: return range(evaluate(children[0]), evaluate(children[1]));
            case Kind::map: return map_of(children);
            case Kind::negation: return !evaluate(children[0]).holds();
            case Kind::conjunction: return evaluate(children[0]).holds() && evaluate(children[1]).holds();
            case Kind::disjunction: return evaluate(children[0]).holds() || evaluate(children[1]).holds();
            default: return apply_operator(expression.kind, evaluate(children[0]), evaluate(children[1]));
        }
    }

    Value interpolate(const Block& block) {
        auto outer = std::exchange(out_, {});
        render(block);
        return std::exchange(out_, std::move(outer));
    }

    Value list_of(const std::vector<Expression>& children) {
        List list;
        for (const auto& child : children) list.push_back(copying_.copy(evaluate(child), 1));
        return list;
    }

    Value map_of(const std::vector<Expression>& children) {
        Map map;
        for (size_t i = 0; i + 1 < children.size(); i += 2)
            map.put(to_text(evaluate(children[i])), copying_.copy(evaluate(children[i + 1]), 1));
        return map;
    }

    static Value range(const Value& from, const Value& until) {
        if (!from.integer() || !until.integer()) return {};
        const auto count = std::abs(static_cast<double>(*until.integer()) - static_cast<double>(*from.integer())) + 1;
        if (count > static_cast<double>(max_elements)) throw Limit{"a range is longer than 100000"};
        const int64_t by = *from.integer() <= *until.integer() ? 1 : -1;
        List list;
        for (auto i = *from.integer(); i != *until.integer() + by; i += by) list.emplace_back(i);
        return list;
    }

    Variables& variables_;
    std::vector<const Parsed*> sources_;
    std::vector<std::shared_ptr<const Parsed>> evaluated_;
    std::string out_;
    size_t steps_ = 0;
    Copying copying_;
    int depth_ = 0;
};

}  // namespace

std::expected<Template, std::string> Template::parse(std::string_view source) {
    if (source.size() > max_source_bytes) return std::unexpected("The template is longer than 300 KB.");
    try {
        Template made;
        made.parsed_ = std::make_shared<const Parsed>(parse_template(source));
        return made;
    } catch (const Malformed& malformed) {
        return std::unexpected(malformed.why);
    }
}

std::expected<std::string, std::string> Template::render(Variables& variables) const {
    try {
        return Rendering(*parsed_, variables).whole(parsed_->block);
    } catch (const Limit& limit) {
        return std::unexpected(fmt::format("The template cannot be rendered: {}.", limit.which));
    } catch (const TooDeep&) {
        return std::unexpected("The template cannot be rendered: its values nest too deeply, or grow too large.");
    }
}

}  // namespace cumulet::velocity
