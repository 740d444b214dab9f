#include "index/index_keys.h"

#include "base/coding.h"
#include "base/key_prefix.h"
#include "base/key_space.h"

namespace ashlar {
namespace {

// The byte behind FF FF, and, of the catalogue's keys, the one behind that.
constexpr char kCatalogue = '\x00';
constexpr char kEntries = '\x01';
constexpr char kDefinition = '\x01';
constexpr char kProgress = '\x02';
constexpr char kTrait = '\x03';

void append_id(std::string* out, IndexId id) {
  for (int shift = 24; shift >= 0; shift -= 8) out->push_back(static_cast<char>(id >> shift));
}

IndexId id_at(std::string_view bytes) {
  IndexId id = 0;
  for (const char byte : bytes) id = id << 8 | static_cast<unsigned char>(byte);
  return id;
}

std::string catalogue_key(char kind, IndexId id) {
  std::string key(kSystemKeysBegin);
  key.push_back(kCatalogue);
  key.push_back(kind);
  append_id(&key, id);
  return key;
}

}  // namespace

std::string definition_key(IndexId id) {
  return catalogue_key(kDefinition, id);
}

std::string end_of_definitions() {
  const std::string first = definition_key(0);
  return end_of_prefix(first.substr(0, first.size() - sizeof(IndexId)));
}

Result<IndexId> id_of_definition_key(std::string_view key) {
  const std::string first = definition_key(0);
  const std::string_view front = std::string_view(first).substr(0, first.size() - sizeof(IndexId));
  if (key.size() != first.size() || !key.starts_with(front)) {
    return Status::corruption("a key among the definitions of indexes is none of theirs");
  }
  return id_at(key.substr(front.size()));
}

Result<IndexId> id_of_entry_key(std::string_view key) {
  if (key.size() < kEntriesBeginBytes || !is_system_key(key) || key[2] != kEntries) {
    return Status::corruption("a key among the entries of indexes is none of theirs");
  }
  return id_at(key.substr(kEntriesBeginBytes - sizeof(IndexId), sizeof(IndexId)));
}

std::string progress_key(IndexId id) {
  return catalogue_key(kProgress, id);
}

std::string traits_begin(IndexId id) {
  return catalogue_key(kTrait, id);
}

std::string trait_key(IndexId id, IndexTrait trait, std::size_t field) {
  std::string key = traits_begin(id);
  key.push_back(static_cast<char>(trait));
  key.push_back(static_cast<char>(field));
  return key;
}

std::string entries_begin(IndexId id) {
  std::string key(kSystemKeysBegin);
  key.push_back(kEntries);
  append_id(&key, id);
  return key;
}

std::string entry_value(std::size_t values_bytes) {
  std::string value;
  append_varint(&value, values_bytes);
  return value;
}

std::string unique_entry_value(std::size_t values_bytes, std::string_view document_key) {
  return entry_value(values_bytes).append(document_key);
}

Result<IndexEntry> split_entry(std::string_view key, std::string_view value) {
  ByteReader in(value);
  const uint64_t values_bytes = in.varint();
  const bool sound =
      in.ok() && key.size() > kEntriesBeginBytes && values_bytes <= key.size() - kEntriesBeginBytes;
  if (!sound) return Status::corruption("an index's entry is damaged");
  IndexEntry entry;
  entry.values = key.substr(kEntriesBeginBytes, values_bytes);
  const std::string_view in_key = key.substr(kEntriesBeginBytes + values_bytes);
  const std::string_view in_value = in.bytes(in.left());
  if (in_key.empty() == in_value.empty()) {
    return Status::corruption("an index's entry has no document, or two");
  }
  entry.key = in_key.empty() ? in_value : in_key;
  return entry;
}

}  // namespace ashlar
