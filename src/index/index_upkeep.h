// Keeping an index's entries with the documents that a transaction writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "document/json_value.h"
#include "index/index.h"
#include "txn/transaction_state.h"

namespace ashlar {

// A document that is in the way of another one, or that was there before.
struct StoredDocument {
  JsonValue content;  // what indexes read of it, at least
  uint64_t expires_at_ms = 0;
};

// The document in a value; nothing if the value is no JSON.
std::optional<JsonValue> parse_document(std::string_view value);
// The wanted parts of it, or more.
std::optional<JsonValue> parse_document(std::string_view value, const WantedParts& wanted);

// What the transaction finds at the key, if it is a document: the wanted parts of it. The key
// counts as read.
Result<std::optional<StoredDocument>> find_document(TransactionState& transaction,
                                                    std::string_view key,
                                                    const WantedParts& wanted);

// Replaces the entries of `before` by those of `after`; either may be null. The key is a stored
// one. An entry that both have in common, and that expires at the same time, is left alone.
//   kDuplicate  another document has the values in a unique index; names index, values and keys.
//   kTooLarge   the index's limits.
Status replace_entries(const Index& index, TransactionState& transaction, std::string_view key,
                       const StoredDocument* before, const StoredDocument* after);

}  // namespace ashlar
