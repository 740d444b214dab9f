// What the database must contain: a std::map with the versions that held moments still need.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "support/recipe.h"

namespace ashlar {

// An interval of wall-clock time in milliseconds: when something happened, as well as is known.
struct TimeSpan {
  uint64_t first_ms = 0;
  uint64_t last_ms = 0;
};

// Whether an entry is there for a read that happened within a TimeSpan.
enum class Liveness { kDead, kUnknown, kLive };

// Values written from a Recipe, or (numbers) as text.
using ModelValue = std::variant<Recipe, std::string>;
std::string make(const ModelValue& value);

class Model {
 public:
  // Counts commits.
  using Moment = uint64_t;
  // An expiry that never comes.
  static constexpr TimeSpan kNever{UINT64_MAX, UINT64_MAX};

  struct Version {
    Moment written = 0;
    bool present = false;  // false: deleted
    ModelValue value;
    TimeSpan expires = kNever;

    Liveness liveness(const TimeSpan& read) const;
    bool expires_ever() const { return expires.first_ms != UINT64_MAX; }
  };

  // Starts a commit; the writes that follow belong to it.
  Moment begin_commit() { return ++moment_; }
  Moment moment() const { return moment_; }

  void set(const std::string& key, ModelValue value, TimeSpan expires = kNever);
  void del(const std::string& key);
  // Deletes [from, to); an empty `to` means no end.
  void del_range(const std::string& from, const std::string& to);

  // Versions that this moment sees are kept until it is released as often as it was held.
  void hold(Moment moment) { held_.insert(moment); }
  void release(Moment moment);

  // The version of the key that is the newest at `moment`; null if there was none.
  const Version* find(const std::string& key, Moment moment) const;
  Liveness liveness(const std::string& key, Moment moment, const TimeSpan& read) const;

  using Versions = std::vector<Version>;  // oldest first
  using Map = std::map<std::string, Versions, std::less<>>;
  const Map& map() const { return map_; }
  static const Version* newest(const Versions& versions, Moment moment);

 private:
  void append(Versions& versions, Version version);
  void prune(Versions& versions) const;
  bool needed(const Version& version, const Version& successor) const;

  Map map_;
  std::multiset<Moment> held_;
  Moment moment_ = 0;
};

}  // namespace ashlar
