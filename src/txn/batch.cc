#include "ashlar/batch.h"

#include "base/coding.h"

namespace ashlar {

// Each write: operation 1, ttl in ms 8, key length and key, value length and value.
void Batch::append(Operation operation, std::string_view key, std::string_view value,
                   std::chrono::milliseconds ttl) {
  bytes_.push_back(static_cast<char>(operation));
  append_fixed<int64_t>(&bytes_, ttl.count());
  append_prefixed(&bytes_, key);
  append_prefixed(&bytes_, value);
  ++count_;
}

Batch::Item Batch::item_at(std::size_t at) const {
  ByteReader in(std::string_view(bytes_).substr(at));
  Item item;
  item.operation = static_cast<Operation>(in.fixed<uint8_t>());
  item.ttl = std::chrono::milliseconds(in.fixed<int64_t>());
  item.key = in.prefixed();
  item.value = in.prefixed();
  item.next = static_cast<std::size_t>(in.at() - bytes_.data());
  return item;
}

void Batch::set(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) {
  append(Operation::kSet, key, value, ttl);
}

void Batch::del(std::string_view key) {
  append(Operation::kDelete, key, {}, std::chrono::milliseconds{0});
}

void Batch::del_range(std::string_view from, std::string_view to) {
  append(Operation::kDeleteRange, from, to, std::chrono::milliseconds{0});
}

void Batch::clear() {
  bytes_.clear();
  count_ = 0;
}

}  // namespace ashlar
