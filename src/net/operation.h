// Awaiting one of Asio's operations: it ends on the reactor's ready path, never inside the call that began it.
#pragma once

#include <boost/system/error_code.hpp>
#include <cstddef>
#include <new>

#include "runtime/reactor.h"

namespace cumulet::net {

/// Memory for the one pending operation of a direction, so that waiting for a socket allocates nothing.
class OperationMemory {
  public:
    void* take(size_t size_bytes) {
        if (taken_ || size_bytes > sizeof bytes_) return ::operator new(size_bytes);
        taken_ = true;
        return bytes_;
    }
    void give_back(void* memory) {
        if (memory == bytes_) {
            taken_ = false;
        } else {
            ::operator delete(memory);
        }
    }

    template <typename T>
    struct Allocator {
        using value_type = T;
        explicit Allocator(OperationMemory* from) : memory(from) {}
        template <typename U>
        Allocator(const Allocator<U>& other) : memory(other.memory) {}
        T* allocate(size_t count) { return static_cast<T*>(memory->take(count * sizeof(T))); }
        void deallocate(T* pointer, size_t) { memory->give_back(pointer); }
        template <typename U>
        bool operator==(const Allocator<U>& other) const {
            return memory == other.memory;
        }
        OperationMemory* memory;
    };

  private:
    alignas(std::max_align_t) std::byte bytes_[384];
    bool taken_ = false;
};

/// One operation. `co_await operation.run([&](auto done) { socket.async_…(…, done); })`; the result is in its members.
class Operation {
  public:
    explicit Operation(OperationMemory& memory) : memory_(memory), reactor_(Reactor::current()) {}
    Operation(const Operation&) = delete;

    boost::system::error_code error;
    size_t bytes = 0;

    class Done {
      public:
        using allocator_type = OperationMemory::Allocator<void>;
        explicit Done(Operation* operation) : operation_(operation) {}
        void operator()(const boost::system::error_code& error, size_t bytes = 0) const {
            operation_->error = error;
            operation_->bytes = bytes;
            operation_->reactor_.post(operation_->waiting_);
        }
        allocator_type get_allocator() const noexcept { return allocator_type(&operation_->memory_); }

      private:
        Operation* operation_;
    };

    template <typename Begin>
    auto run(Begin begin) {
        return Suspend{[this, begin](std::coroutine_handle<> handle) {
            waiting_ = handle;
            begin(Done(this));
        }};
    }

  private:
    OperationMemory& memory_;
    Reactor& reactor_;
    std::coroutine_handle<> waiting_;
};

}  // namespace cumulet::net
