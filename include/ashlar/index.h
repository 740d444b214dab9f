// Secondary indexes over documents: values that are JSON texts.
//
//   db->create_index("by_age", {.prefix = "user:", .fields = {"$.age"}});
//   db->create_index("by_city", {.prefix = "user:",
//                                .fields = {"$.address.city", ashlar::descending("$.age")}});
//   db->create_index("by_mail", {.prefix = "user:", .fields = {"$.mail"}, .unique = true});
//
// An index covers the keys that begin with its prefix. Its entries are written in the commit that
// writes the document, and expire with it. Values that are no JSON have no entries.
//
// Order. null < false < true < numbers < strings < arrays < objects. Numbers are compared by value,
// whatever their kind (1 equals 1.0); strings by their bytes, or by the rules of a language if a
// collation is asked for; arrays element by element.
//
// What is indexed. A path names members and elements: $.address.city, $.items[0]. A name looks into
// the objects of an array, so that $.items.price means the price of each item. A document has an
// entry for each value at the path, once, and, where that is an array, for each of its elements
// too. A missing value counts as null. With several fields there is an entry for each combination.
//
// Limits. A document has at most 10,000 entries in one index, and an entry's values take at most
// about 60 KiB; a write that would exceed this fails with kTooLarge.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ashlar {

struct IndexField {
  std::string path;
  bool descending = false;

  IndexField() = default;
  IndexField(const char* path_text) : path(path_text) {}             // NOLINT
  IndexField(std::string path_text) : path(std::move(path_text)) {}  // NOLINT

  friend bool operator==(const IndexField&, const IndexField&) = default;
};

// A field from its largest value to its smallest.
inline IndexField descending(std::string path) {
  IndexField field(std::move(path));
  field.descending = true;
  return field;
}

// What an index holds.
struct IndexOptions {
  // Documents whose key begins with it; empty: all.
  std::string prefix{};
  // One to 16.
  std::vector<IndexField> fields{};
  // No two documents may have the same values: the write of the second fails with kDuplicate, whose
  // message names the index, the values and both keys. As in SQL, null and missing values differ
  // from each other: a document one of whose fields is null or missing collides with none.
  bool unique = false;
  // Leaves out documents in which all of the fields are missing.
  bool sparse = false;
  // Only documents that match this filter, in either of its spellings; empty: all.
  std::string where{};
  // Strings are ordered and compared by the rules of this ICU locale: "de", "sv-u-co-standard",
  // "en-u-ks-level1" (which takes no notice of case and accents). Empty: by their bytes. Strings in
  // arrays and objects that are indexed as a whole are compared by their bytes in any case.
  std::string collation{};
  // Return once the index is complete; otherwise once its building has begun.
  bool wait = true;
};

enum class IndexState : unsigned char {
  kBuilding,  // documents that were there before it are being entered; not used by queries yet
  kReady,
  kFailed,  // could not be built, see the message; holds nothing. To be dropped.
};

// "building", "ready", "failed".
std::string_view to_string(IndexState state);

// An index as it is at this moment.
struct IndexInfo {
  std::string name;
  IndexOptions options;
  IndexState state = IndexState::kBuilding;
  // While it is built: how many documents were looked at, and how many there are, roughly.
  uint64_t documents_done = 0;
  uint64_t documents_total = 0;
  // Of a ready index: about how many entries it has.
  uint64_t entries = 0;
  // Why it failed.
  std::string message{};
};

}  // namespace ashlar
