// Task<T>: a lazy coroutine. It starts when awaited, runs on the caller's reactor, and hands its result or exception
// over. Frames come from a per-thread pool: four awaits cost about 64 ns.
#pragma once

#include <cassert>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

namespace cumulet {

/// Memory for coroutine frames: per-thread free lists by size class. A frame may be freed by another thread than its
/// maker.
void* allocate_frame(size_t size_bytes);
void free_frame(void* frame, size_t size_bytes) noexcept;

template <typename T>
class Task;

namespace task {

struct PromiseBase {
    std::coroutine_handle<> continuation = std::noop_coroutine();

    static void* operator new(size_t size_bytes) { return allocate_frame(size_bytes); }
    static void operator delete(void* frame, size_t size_bytes) noexcept { free_frame(frame, size_bytes); }

    std::suspend_always initial_suspend() noexcept { return {}; }

    struct FinalAwaiter {
        bool await_ready() noexcept { return false; }
        template <typename Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) noexcept {
            return self.promise().continuation;
        }
        void await_resume() noexcept {}
    };
    FinalAwaiter final_suspend() noexcept { return {}; }
};

template <typename T>
struct Promise : PromiseBase {
    // Not a variant: its machinery, once for every T, was a fifth of the time to compile a contract.
    std::optional<T> value;
    std::exception_ptr error;

    Task<T> get_return_object() noexcept;
    template <typename Value>
    void return_value(Value&& result) {
        value.emplace(std::forward<Value>(result));
    }
    void unhandled_exception() noexcept { error = std::current_exception(); }
    T take() {
        if (error) std::rethrow_exception(std::move(error));
        return *std::move(value);
    }
};

template <>
struct Promise<void> : PromiseBase {
    std::exception_ptr error;

    Task<void> get_return_object() noexcept;
    void return_void() noexcept {}
    void unhandled_exception() noexcept { error = std::current_exception(); }
    void take() {
        if (error) std::rethrow_exception(std::move(error));
    }
};

}  // namespace task

template <typename T = void>
class [[nodiscard]] Task {
  public:
    using promise_type = task::Promise<T>;
    using Handle = std::coroutine_handle<promise_type>;

    Task() = default;
    explicit Task(Handle handle) noexcept : handle_(handle) {}
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Task& operator=(Task&& other) noexcept {
        if (this != &other) {
            if (handle_) handle_.destroy();
            handle_ = std::exchange(other.handle_, nullptr);
        }
        return *this;
    }
    ~Task() {
        if (handle_) handle_.destroy();
    }

    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
        handle_.promise().continuation = awaiting;
        return handle_;
    }
    T await_resume() { return handle_.promise().take(); }

  private:
    Handle handle_;
};

namespace task {
template <typename T>
Task<T> Promise<T>::get_return_object() noexcept {
    return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() noexcept {
    return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

/// The T of Task<T>.
template <typename>
struct ResultOf;
template <typename T>
struct ResultOf<Task<T>> {
    using type = T;
};
}  // namespace task

}  // namespace cumulet
