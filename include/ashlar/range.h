// Reading entries in key order: single-pass ranges for `for` loops and std::views.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include "ashlar/status.h"

namespace ashlar {

// One entry of a range. The views are valid until the range is advanced or destroyed.
struct Entry {
  std::string_view key;
  std::string_view value;
};

// What produces the entries of a range; implemented by the engine and by transactions.
class Cursor {
 public:
  virtual ~Cursor() = default;
  // False at the end and after an error.
  virtual bool valid() const = 0;
  virtual void next() = 0;
  virtual Entry entry() const = 0;
  // The error that ended the range early, if any.
  virtual const Status& status() const = 0;
};

// The entries of one consistent moment, in key order (bytewise, unsigned), or reversed.
//
//   auto range = db.range("user:1", "user:999");
//   for (const auto& [key, value] : range) …
//   if (!range.status().ok()) …   // the loop ended early: an error, not the end of the data
//
// A range holds the moment at which it was made, however long it lives, and the disk space and
// memory that this takes; it must be gone before the database is closed.
//
// Threads: one at a time.
template <typename Element, Element (*Project)(const Entry&)>
class BasicRange : public std::ranges::view_interface<BasicRange<Element, Project>> {
 public:
  class Iterator {
   public:
    using value_type = Element;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;

    Iterator() = default;
    explicit Iterator(Cursor* cursor) : cursor_(cursor) {}
    Element operator*() const { return Project(cursor_->entry()); }
    Iterator& operator++() {
      cursor_->next();
      return *this;
    }
    void operator++(int) { cursor_->next(); }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) {
      return it.cursor_ == nullptr || !it.cursor_->valid();
    }

   private:
    Cursor* cursor_ = nullptr;
  };

  BasicRange() = default;
  explicit BasicRange(std::unique_ptr<Cursor> cursor) : cursor_(std::move(cursor)) {}
  // A range that is empty because it could not be opened.
  explicit BasicRange(Status status) : failure_(std::move(status)) {}

  Iterator begin() const { return Iterator(cursor_.get()); }
  std::default_sentinel_t end() const { return {}; }

  // Why the range ended before its last entry; ok at a true end.
  const Status& status() const { return cursor_ ? cursor_->status() : failure_; }

  // Copies out what is left. Check status() afterwards.
  auto to_vector() const {
    using Owned = std::conditional_t<std::is_same_v<Element, Entry>,
                                     std::pair<std::string, std::string>, std::string>;
    std::vector<Owned> out;
    for (const Element& element : *this) {
      if constexpr (std::is_same_v<Element, Entry>) {
        out.emplace_back(element.key, element.value);
      } else {
        out.emplace_back(element);
      }
    }
    return out;
  }

 private:
  std::unique_ptr<Cursor> cursor_;
  Status failure_;
};

inline Entry whole_entry(const Entry& entry) { return entry; }
inline std::string_view key_of(const Entry& entry) { return entry.key; }

using EntryRange = BasicRange<Entry, whole_entry>;
using KeyRange = BasicRange<std::string_view, key_of>;

}  // namespace ashlar
