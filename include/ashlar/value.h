// A value read without a copy.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace ashlar {

// Bytes that stay where the engine has them for as long as this object lives. Holding many for long
// keeps memory that compaction would free. Must be gone before the database is closed.
//
// Threads: one at a time; may be moved to and destroyed on another.
class PinnedValue {
 public:
  PinnedValue() = default;
  // `owner` keeps `bytes` valid.
  PinnedValue(std::string_view bytes, std::shared_ptr<const void> owner)
      : bytes_(bytes), owner_(std::move(owner)) {}

  std::string_view view() const { return bytes_; }
  operator std::string_view() const { return bytes_; }  // NOLINT(google-explicit-constructor)
  std::size_t size() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
  std::shared_ptr<const void> owner_;
};

}  // namespace ashlar
