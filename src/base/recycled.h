// Memory for objects that are made and dropped at the rate of calls.
#pragma once

#include <cstddef>
#include <new>

namespace ashlar {

// `class Object final : public Recycled<Object>`: each thread keeps the memory of the last object
// it dropped for the next one that it makes.
//
// Threads: an object may be dropped by another thread than the one that made it.
template <typename Object>
class Recycled {
 public:
  static void* operator new(std::size_t bytes) {
    static_assert(alignof(Object) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
    Spare& spare = this_threads();
    if (spare.memory == nullptr) return ::operator new(bytes);
    void* const memory = spare.memory;
    spare.memory = nullptr;
    return memory;
  }
  static void operator delete(void* memory) {
    Spare& spare = this_threads();
    if (spare.memory != nullptr) {
      ::operator delete(memory);
    } else {
      spare.memory = memory;
    }
  }

 private:
  struct Spare {
    ~Spare() {
      ::operator delete(memory);
      memory = nullptr;
    }
    void* memory = nullptr;
  };
  static Spare& this_threads() {
    thread_local Spare spare;
    return spare;
  }
};

// The same for std::allocate_shared<Object>(RecyclingAllocator<Object>(), …).
template <typename Object>
struct RecyclingAllocator {
  using value_type = Object;

  RecyclingAllocator() = default;
  template <typename Other>
  RecyclingAllocator(const RecyclingAllocator<Other>&) {}  // NOLINT(google-explicit-constructor)

  Object* allocate(std::size_t) {
    return static_cast<Object*>(Recycled<Object>::operator new(sizeof(Object)));
  }
  void deallocate(Object* memory, std::size_t) { Recycled<Object>::operator delete(memory); }
  friend bool operator==(const RecyclingAllocator&, const RecyclingAllocator&) { return true; }
};

}  // namespace ashlar
