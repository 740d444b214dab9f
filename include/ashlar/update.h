// Changes to parts of a JSON document, for Database::update and Transaction::update.
//
//   db->update("user:1", ashlar::Update()
//                            .set("$.address.city", "\"Rome\"")
//                            .increment("$.visits", "1")
//                            .append("$.tags", "\"new\"")
//                            .unset("$.old"));
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ashlar {

// A list of changes, made one after the other, all of them or none. Paths mean at most one value:
// $.address.city, $.items[0], or without the front: address.city. Values are JSON texts. Paths and
// texts are read when the update is made: what is wrong with them is then its error.
//
// set, increment and append make the objects that their path leads through if they are missing, but
// replace nothing on the way.
//
// Threads: as a plain value.
class Update {
 public:
  enum class Kind : unsigned char { kSet, kUnset, kIncrement, kAppend, kMerge };
  struct Change {
    Kind kind;
    std::string path;
    std::string json;
  };

  // Sets what the path means; $ is the whole document. An array's size as index means a new
  // element.
  Update& set(std::string_view path, std::string_view json) { return add(Kind::kSet, path, json); }
  // Removes a member or element; what is not there stays away.
  Update& unset(std::string_view path) { return add(Kind::kUnset, path, {}); }
  // Adds a number to a number, integers exactly; a missing one counts as 0.
  Update& increment(std::string_view path, std::string_view amount = "1") {
    return add(Kind::kIncrement, path, amount);
  }
  // Adds an element behind the last one of an array, which is made if it is missing.
  Update& append(std::string_view path, std::string_view json) {
    return add(Kind::kAppend, path, json);
  }
  // JSON Merge Patch (RFC 7386) of the whole document.
  Update& merge(std::string_view patch) { return add(Kind::kMerge, {}, patch); }

  const std::vector<Change>& changes() const { return changes_; }

 private:
  Update& add(Kind kind, std::string_view path, std::string_view json) {
    changes_.push_back({kind, std::string(path), std::string(json)});
    return *this;
  }

  std::vector<Change> changes_;
};

}  // namespace ashlar
