// What documents that are written change in the entries of indexes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "document/json_parts.h"
#include "document/json_scalars.h"
#include "document/json_value.h"
#include "index/entry_changes.h"
#include "index/index.h"
#include "txn/transaction_state.h"

namespace ashlar {

// The document in a value; nothing if the value is no JSON.
std::optional<JsonValue> parse_document(std::string_view value);
// The wanted parts of it, or more.
std::optional<JsonValue> parse_document(std::string_view value, const WantedParts& wanted);

// A value, which may be a document, as it is stored or will be.
struct StoredValue {
  std::string_view text;
  uint64_t expires_at_ms = 0;
};

// Some indexes, and how to tell what they say of documents. Documents in which each field of each
// index has one value, no array or object, are read without being made into values.
//
// Ownership: shares the indexes.
// Threads:   any; never changes once all are added.
class IndexUpkeep {
 public:
  void add(std::shared_ptr<const Index> index);

  bool covers(std::string_view stored_key) const;

  // Adds what replacing `before` by `after` at the stored key changes in the indexes that cover it;
  // either may be null. An entry that both have in common, and that expires at the same time,
  // stays.
  //   kTooLarge  the index's limits.
  Status collect(std::string_view key, const StoredValue* before, const StoredValue* after,
                 EntryChanges* out) const;

 private:
  struct Upkept {
    std::shared_ptr<const Index> index;
    std::vector<std::size_t> places;  // of its fields, among scalars_
  };
  class Scalars;

  Status collect_from_scalars(std::string_view key, const Scalars* before, const Scalars* after,
                              bool same_expiry, uint64_t expires_at_ms, EntryChanges* out) const;
  Status collect_from_parts(std::string_view key, const StoredValue* before,
                            const StoredValue* after, bool same_expiry, EntryChanges* out) const;

  std::vector<Upkept> indexes_;
  bool scalars_suffice_ = true;  // no index has a condition
  WantedScalars scalars_;
  WantedParts parts_;
};

// Makes the changes in the transaction.
//   kDuplicate  another document has the values in a unique index; names index, values and keys.
Status apply_changes(const EntryChanges& changes, TransactionState* transaction);

}  // namespace ashlar
