#include "runtime/task.h"

#include <array>
#include <new>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CUMULET_PLAIN_FRAMES 1  // so that the sanitizers see each frame's life
#endif
#endif

namespace cumulet {

#ifdef CUMULET_PLAIN_FRAMES

void* allocate_frame(size_t size_bytes) { return ::operator new(size_bytes); }
void free_frame(void* frame, size_t) noexcept { ::operator delete(frame); }

#else

namespace {

// Frames of up to 2 KiB in steps of 64 bytes; a thread keeps at most 256 free frames of each size.
constexpr size_t step_bytes = 64;
constexpr size_t classes = 32;
constexpr size_t kept_per_class = 256;

struct FreeFrame {
    FreeFrame* next;
};

struct Pool {
    std::array<FreeFrame*, classes> free{};
    std::array<size_t, classes> count{};

    ~Pool() {
        for (FreeFrame* frame : free) {
            while (frame) ::operator delete(std::exchange(frame, frame->next));
        }
        free.fill(nullptr);
        count.fill(kept_per_class);  // frames freed after this thread's end go straight back
    }
};

thread_local Pool pool;

size_t size_class(size_t size_bytes) { return (size_bytes + step_bytes - 1) / step_bytes - 1; }

}  // namespace

void* allocate_frame(size_t size_bytes) {
    const size_t index = size_class(size_bytes);
    if (index >= classes) return ::operator new(size_bytes);
    if (FreeFrame* frame = pool.free[index]) {
        pool.free[index] = frame->next;
        --pool.count[index];
        return frame;
    }
    return ::operator new((index + 1) * step_bytes);
}

void free_frame(void* frame, size_t size_bytes) noexcept {
    const size_t index = size_class(size_bytes);
    if (index >= classes || pool.count[index] >= kept_per_class) {
        ::operator delete(frame);
        return;
    }
    auto* free = static_cast<FreeFrame*>(frame);
    free->next = pool.free[index];
    pool.free[index] = free;
    ++pool.count[index];
}

#endif

}  // namespace cumulet
