// Several writes that take effect together or not at all.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ashlar/status.h"

namespace ashlar {

// An ordered list of writes for Database::write. Later ones win over earlier ones on the same key.
//
// Errors are found by Database::write, which then writes nothing: a key over 64 KiB, a value over
// 1 GiB, a range whose end lies before its start, a batch that takes more than an eighth of the
// memory budget or 96 MiB (values of 1 MiB and more do not count).
//
// Threads: one at a time. A batch may be written again, and reused after clear().
class Batch {
 public:
  // Copies key and value. `ttl` as in WriteOptions: zero means for ever.
  void set(std::string_view key, std::string_view value,
           std::chrono::milliseconds ttl = std::chrono::milliseconds{0});
  void del(std::string_view key);
  // Deletes every key in [from, to).
  void del_range(std::string_view from, std::string_view to);

  void clear();
  bool empty() const { return count_ == 0; }
  // Number of writes.
  std::size_t size() const { return count_; }

  // Calls visitor(operation, key, value, ttl) for each write in order, where operation is one of
  // the enumerators below and `value` is the end of a deleted range.
  enum class Operation : unsigned char { kSet = 1, kDelete = 2, kDeleteRange = 3 };
  template <typename Visitor>
  void for_each(Visitor&& visitor) const {
    for (std::size_t at = 0; at < bytes_.size();) {
      const Item item = item_at(at);
      visitor(item.operation, item.key, item.value, item.ttl);
      at = item.next;
    }
  }

 private:
  struct Item {
    Operation operation;
    std::string_view key, value;
    std::chrono::milliseconds ttl;
    std::size_t next;
  };
  void append(Operation operation, std::string_view key, std::string_view value,
              std::chrono::milliseconds ttl);
  Item item_at(std::size_t at) const;

  std::string bytes_;
  std::size_t count_ = 0;
};

}  // namespace ashlar
