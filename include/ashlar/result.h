// A value, or the Status that says why there is none.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

#include "ashlar/status.h"

namespace ashlar {

// Holds either a T or a Status that is not ok.
//
// Reading the value of a failed Result is a programming error and ends the process with the
// status on standard error; test ok() first, or use value_or().
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) {  // NOLINT(google-explicit-constructor)
    if (status_.ok()) status_ = Status::invalid_argument("Result made of an ok Status");
  }

  bool ok() const noexcept { return value_.has_value(); }
  explicit operator bool() const noexcept { return ok(); }
  const Status& status() const& noexcept { return status_; }
  Status status() && noexcept { return std::move(status_); }

  T& value() & {
    require();
    return *value_;
  }
  const T& value() const& {
    require();
    return *value_;
  }
  T value() && {
    require();
    return std::move(*value_);
  }
  template <typename U>
  T value_or(U&& otherwise) const& {
    return value_ ? *value_ : static_cast<T>(std::forward<U>(otherwise));
  }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  void require() const {
    if (value_) return;
    std::fprintf(stderr, "ashlar: value of a failed Result: %s\n", status_.to_string().c_str());
    std::abort();
  }

  Status status_;
  std::optional<T> value_;
};

}  // namespace ashlar
