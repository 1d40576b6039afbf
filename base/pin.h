// A claim on bytes that somebody else owns.
#pragma once

#include <utility>

namespace overtake {

// Keeps a stored value in place while a reply refers to it. Move-only; releases the claim when
// destroyed. The owner gives the function that does so; it may be called on any thread.
class Pin {
 public:
  using ReleaseFunction = void (*)(void* object);

  Pin() = default;
  Pin(void* object, ReleaseFunction release) : object_(object), release_(release) {}
  Pin(Pin&& other) noexcept
      : object_(std::exchange(other.object_, nullptr)), release_(other.release_) {}
  Pin& operator=(Pin&& other) noexcept {
    if (this != &other) {
      Release();
      object_ = std::exchange(other.object_, nullptr);
      release_ = other.release_;
    }
    return *this;
  }
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;
  ~Pin() { Release(); }

  // Whether there is a claim.
  bool held() const { return object_ != nullptr; }

 private:
  void Release() {
    if (object_ != nullptr) release_(std::exchange(object_, nullptr));
  }

  void* object_ = nullptr;
  ReleaseFunction release_ = nullptr;
};

}  // namespace overtake
