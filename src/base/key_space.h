// How users' keys and the database's own share one key space.
//
//   the user's key              stored as
//   anything but FF FF ...      the same
//   FF FF rest                  FF FF FF rest
//
// Stored keys in [FF FF, FF FF FF) are the database's own, *system keys*; docs/FORMAT.md lists
// them. The mapping keeps the order of keys. Everything below the public classes handles stored
// keys.
#pragma once

#include <string>
#include <string_view>

namespace ashlar {

// Where system keys begin, and where they end.
inline constexpr std::string_view kSystemKeysBegin{"\xff\xff", 2};
inline constexpr std::string_view kSystemKeysEnd{"\xff\xff\xff", 3};

// Whether a user's key has to be escaped; of a stored key: whether it is escaped or a system key.
inline bool begins_with_escape(std::string_view key) {
  return key.size() >= 2 && key[0] == '\xff' && key[1] == '\xff';
}

inline bool is_system_key(std::string_view stored) {
  return begins_with_escape(stored) && (stored.size() == 2 || stored[2] != '\xff');
}

// The user's key behind a stored one that is no system key.
inline std::string_view user_key(std::string_view stored) {
  return begins_with_escape(stored) ? stored.substr(1) : stored;
}

// A user's key as it is stored; copies only keys that have to be escaped.
//
// Ownership: the key handed in must outlive it.
class StoredKey {
 public:
  explicit StoredKey(std::string_view user) : view_(user) {
    if (begins_with_escape(user)) [[unlikely]] {
      escaped_.reserve(user.size() + 1);
      escaped_.append(1, '\xff').append(user);
      view_ = escaped_;
    }
  }
  StoredKey(const StoredKey&) = delete;
  StoredKey& operator=(const StoredKey&) = delete;

  std::string_view view() const { return view_; }
  operator std::string_view() const { return view_; }  // NOLINT(google-explicit-constructor)

 private:
  std::string escaped_;
  std::string_view view_;
};

// The part of a range of users' keys below the system keys, and the part behind them, as ranges of
// stored keys: [from, to), an empty `to` for no end.
struct StoredRange {
  std::string from;
  std::string to;
};
struct StoredRanges {
  StoredRange below;
  StoredRange behind;
  bool has_below = false;
  bool has_behind = false;
};

// Cuts [from, to) of users' keys (an empty `to`: no end). A range without keys may come out as none
// or as one that is empty.
inline StoredRanges stored_ranges(std::string_view from, std::string_view to) {
  StoredRanges ranges;
  const bool to_behind = to.empty() || to > kSystemKeysBegin;
  if (from < kSystemKeysBegin) {
    ranges.has_below = true;
    ranges.below = {std::string(from), std::string(to_behind ? kSystemKeysBegin : to)};
  }
  if (to_behind) {
    ranges.has_behind = true;
    ranges.behind.from =
        from < kSystemKeysBegin ? std::string(kSystemKeysEnd) : std::string(StoredKey(from).view());
    ranges.behind.to = std::string(StoredKey(to).view());
  }
  return ranges;
}

}  // namespace ashlar
