// One index: which documents it covers, and which entries they have.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ashlar/result.h"
#include "base/entry.h"
#include "base/key_space.h"
#include "document/json_path.h"
#include "document/json_scalars.h"
#include "document/json_value.h"
#include "filter/filter.h"
#include "index/collation.h"
#include "index/index_definition.h"
#include "index/index_keys.h"

namespace ashlar {

// Entries of one document in one index, at most.
inline constexpr std::size_t kMaximumEntriesPerDocument = 10'000;
// An array whose order key is longer is not entered as a whole; see IndexTrait::kLongArrays.
inline constexpr std::size_t kLongestWholeArrayBytes = 1024;

// The entries of a document: keys and values as they are stored.
struct DocumentEntries {
  struct Entry {
    std::string key;
    std::string value;
    // A document with these values must be the only one: the key leaves out the document's.
    bool exclusive = false;

    friend bool operator==(const Entry&, const Entry&) = default;
  };
  std::vector<Entry> entries;  // sorted by key, distinct
  // Keys of the traits that this document shows.
  std::vector<std::string> traits;
};

// Ownership: shared by catalogues, readers and the builder.
// Threads:   any; never changes, but for the hints, which are atomic.
class Index {
 public:
  // Compiles a definition.
  //   kInvalidArgument  a name, path, filter or collation in it is wrong, or a number out of range.
  static Result<std::shared_ptr<const Index>> make(IndexDefinition definition);

  const IndexDefinition& definition() const { return definition_; }
  IndexId id() const { return definition_.id; }
  const std::string& name() const { return definition_.name; }
  const IndexOptions& options() const { return definition_.options; }
  std::size_t field_count() const { return paths_.size(); }
  const SingularPath& path(std::size_t field) const { return paths_[field]; }
  bool descending(std::size_t field) const { return options().fields[field].descending; }
  // Null: strings are ordered by bytes.
  const Collation* collation() const { return collation_.get(); }
  // Which documents it holds, the prefix and sparseness aside.
  const Filter& filter() const { return filter_; }

  // The prefix of stored keys. It may also be one of system keys, which are never covered.
  const std::string& stored_prefix() const { return stored_prefix_; }
  bool covers(std::string_view stored_key) const {
    return stored_key.starts_with(stored_prefix_) && !is_system_key(stored_key);
  }
  // Whether a covered key may lie in [from, to) of stored keys (empty `to`: no end).
  bool covers_some_of(std::string_view from, std::string_view to) const;
  // Whether every covered key lies in there.
  bool covers_nothing_beside(std::string_view from, std::string_view to) const;

  // The range of all entries.
  const std::string& entries_begin() const { return entries_begin_; }
  const std::string& entries_end() const { return entries_end_; }

  // The entries of a document, by its stored key.
  //   kTooLarge  more than the limits allow; names the index and the field.
  Status append_entries(std::string_view document_key, const JsonValue& document,
                        DocumentEntries* out) const;

  // The one entry of a document in which each field has a single value or none: found[places[field]]
  // (read_scalars()). The index must have no condition. False if the document has no entry. Memory
  // that *entry has is used again. Errors of append_entries().
  Result<bool> make_entry(std::string_view document_key, const ScalarText* found,
                          const std::vector<std::size_t>& places,
                          DocumentEntries::Entry* entry) const;

  // Adds what append_entries() reads of a document.
  void add_wanted_parts(WantedParts* wanted) const;

  // Appends what a value of a field looks like in an entry. Entries are entries_begin(), then this
  // for each field, then, if not exclusive, the document's key. Of the order of fields: the
  // encoding has the field's direction in it, so that entries ascend as bytes.
  void append_value(std::size_t field, const JsonValue& value, std::string* out) const;
  void append_value(std::size_t field, const ScalarText& value, std::string* out) const;

  // The values of an entry, by field. Strings of a collated index come back as sort keys.
  //   kCorruption  no values.
  Result<std::vector<JsonValue>> decode_values(std::string_view values) const;

  // Text of an entry's values for messages: (30, "Paris"). What follows the values is passed over.
  std::string describe_values(std::string_view values) const;

  // Whether the trait is known to be stored already, so that it need not be written again. A hint:
  // readers look at the trait's key itself.
  bool is_trait_stored(std::string_view trait_key) const;
  void note_stored_trait(std::string_view trait_key) const;

 private:
  struct FieldValues;
  explicit Index(IndexDefinition definition);
  Status compile();
  Status collect(std::size_t field, const JsonValue& document, FieldValues* values,
                 DocumentEntries* out) const;
  Status check_values_size(std::size_t bytes) const;
  void add_entry(std::string_view document_key, std::string_view values, bool exclusive,
                 DocumentEntries* out) const;
  // Behind the values, which the entry's key ends with.
  void end_entry(std::string_view document_key, DocumentEntries::Entry* entry) const;

  const IndexDefinition definition_;
  std::vector<SingularPath> paths_;
  std::shared_ptr<const Collation> collation_;
  Filter filter_;
  std::string stored_prefix_;
  std::string entries_begin_;
  std::string entries_end_;
  mutable std::atomic<uint64_t> stored_traits_{0};
};

}  // namespace ashlar
