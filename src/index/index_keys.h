// Where definitions and entries lie in the key space; docs/FORMAT.md, "System keys", is the law.
//
//   FF FF 00 01 id              definition, JSON
//   FF FF 00 02 id              progress of the building, JSON; while it is built
//   FF FF 00 03 id trait field  there has been a document with this trait in this field
//   FF FF 01 id values key      entry; its value: varint length of `values`
//   FF FF 01 id values          entry that is unique; its value: varint length of `values`, then
//                               the document's key
//
// id: 4 bytes, big-endian. values: an order key for each field (json_order.h). key: as stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ashlar/result.h"

namespace ashlar {

using IndexId = uint32_t;

// Traits of the documents of an index that a reader must know of. Once true, true for ever: the
// document may be gone.
enum class IndexTrait : unsigned char {
  // A document has had more than one value in this field.
  kManyValues = 1,
  // An array was too long to be entered as a whole; its elements were.
  kLongArrays = 2,
};

std::string definition_key(IndexId id);
// Every definition's key lies in [definition_key(0), end_of_definitions()).
std::string end_of_definitions();
// The id in a definition's key.
//   kCorruption  it is none.
Result<IndexId> id_of_definition_key(std::string_view key);
// The id in an entry's key. kCorruption if it is none.
Result<IndexId> id_of_entry_key(std::string_view key);
std::string progress_key(IndexId id);
inline constexpr std::string_view kTraitValue = "1";
std::string trait_key(IndexId id, IndexTrait trait, std::size_t field);
// All traits of an index lie in [traits_begin(id), end_of_prefix(traits_begin(id))).
std::string traits_begin(IndexId id);
// What all entries of an index begin with.
std::string entries_begin(IndexId id);
inline constexpr std::size_t kEntriesBeginBytes = 7;

// An entry's two halves. The views point into the key and value that it was split from.
struct IndexEntry {
  std::string_view values;  // encoded
  std::string_view key;     // of the document, as stored
};

// The value of an entry whose key has the document's key in it, and of one that has not.
std::string entry_value(std::size_t values_bytes);
std::string unique_entry_value(std::size_t values_bytes, std::string_view document_key);

//   kCorruption  it is no entry.
Result<IndexEntry> split_entry(std::string_view key, std::string_view value);

}  // namespace ashlar
