#include "table/table_builder.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/checksum.h"
#include "base/coding.h"
#include "base/hash.h"
#include "base/key_prefix.h"
#include "base/try.h"
#include "base/value_pointer.h"

namespace ashlar {
namespace {

// Pages of a leaf with the longest key and the longest value that does not go to a value file.
constexpr uint32_t kUsualMaximumSpan = static_cast<uint32_t>(
    wide_span(kMaximumStoredKeyBytes + kLargeValueBytes + kMaximumRecordFrontBytes));
// Fences take 1/512 of the data, the maplet rarely more than an eighth.
constexpr std::size_t kIndexShare = 8;
constexpr std::size_t kIndexMinimumBytes = 32 << 10;

void check_entry(const EntryView& entry) {
  ASHLAR_CHECK(entry.kind == EntryKind::kSet || entry.kind == EntryKind::kDelete);
  ASHLAR_CHECK(entry.key.size() <= kMaximumStoredKeyBytes && entry.sequence <= kMaximumSequence);
  ASHLAR_CHECK(entry.kind == EntryKind::kSet || (entry.value.empty() && !entry.value_is_pointer));
  ASHLAR_CHECK(!entry.value_is_pointer || entry.value.size() == ValuePointer::kEncodedBytes);
}

}  // namespace

Result<std::unique_ptr<TableBuilder>> TableBuilder::create(Env& env, const std::string& path,
                                                           const TableBuilderOptions& options) {
  ASHLAR_TRY_ASSIGN(std::unique_ptr<FileAppender> file,
                    FileAppender::create(env, path, options.budget));
  std::unique_ptr<TableBuilder> builder(new TableBuilder(options, std::move(file)));
  if (options.keep_image) {
    const std::size_t data = std::min(options.expected_bytes, kMaximumTableBytes);
    ASHLAR_TRY_ASSIGN(
        builder->image_,
        GrowingImage::create(data + data / kIndexShare + kIndexMinimumBytes, options.image_pages,
                             options.budget));
    ASHLAR_TRY(builder->image_->append_zeros(kPageBytes));
  }
  return builder;
}

TableBuilder::TableBuilder(const TableBuilderOptions& options, std::unique_ptr<FileAppender> file)
    : options_(options),
      file_(std::move(file)),
      compressor_(options.compression),
      maplet_(options.budget),
      memory_(MemoryUse::kCompaction, options.budget) {
  header_.file_number = options.file_number;
  header_.compression = options.compression;
}

uint64_t TableBuilder::data_bytes() const {
  const uint32_t staged = leaf_.empty() ? 0 : leaf_.span();
  return uint64_t{next_page_ - 1 + staged} * kPageBytes;
}

bool TableBuilder::is_full() const {
  const uint32_t staged = leaf_.empty() ? 0 : leaf_.span();
  return next_page_ - 1 + staged + kUsualMaximumSpan > kMaximumDataPages;
}

Status TableBuilder::add(const EntryView& entry) {
  ASHLAR_TRY(status_);
  check_entry(entry);
  const bool first = summarizer_.entry_count() == 0;
  const std::string& last_key = summarizer_.last_key();
  ASHLAR_CHECK(first || entry_before(last_key, last_sequence_, entry.key, entry.sequence));
  const bool newest = first || entry.key != last_key;
  ASHLAR_TRY(stage(entry, newest));
  if (first) {
    first_key_ = entry.key;
    shared_bytes_ = kMaximumTablePrefixBytes;
  }
  shared_bytes_ = common_prefix_bytes(first_key_, entry.key, shared_bytes_);
  if (leaf_.record_count() == 1) leaf_shared_bytes_ = static_cast<uint32_t>(shared_bytes_);
  last_sequence_ = entry.sequence;
  summarizer_.add(entry);
  return {};
}

Status TableBuilder::stage(const EntryView& entry, bool newest) {
  const uint64_t hash = newest ? hash_key(entry.key) : 0;
  if (leaf_.try_add(entry, hash, newest)) return {};
  const std::size_t bytes = entry.key.size() + entry.value.size();
  const uint64_t span = wide_span(bytes + kMaximumRecordFrontBytes);
  if (span > kMaximumLeafSpan || data_bytes() / kPageBytes + span > kMaximumDataPages) {
    return Status::too_large("an entry of " + std::to_string(bytes) +
                             " bytes does not fit into the table");
  }
  ASHLAR_TRY(write_leaf());
  ASHLAR_CHECK(leaf_.try_add(entry, hash, newest));
  return {};
}

Status TableBuilder::add_range_tombstone(const RangeTombstone& tombstone) {
  ASHLAR_TRY(status_);
  ASHLAR_CHECK(tombstone.sequence <= kMaximumSequence);
  summarizer_.add(tombstone);
  range_tombstones_.push_back(tombstone);
  return {};
}

Status TableBuilder::write_leaf() {
  const std::string_view first_key = leaf_.first_key();
  const FenceSource source{order_prefix64(first_key.substr(leaf_shared_bytes_)),
                           leaf_shared_bytes_};
  const std::size_t start = std::size_t{next_page_} * kPageBytes;
  leaf_.write(&pages_, &placed_);
  for (const LeafWriter::Placed& placed : placed_) maplet_.add(placed.tag, start + placed.offset);
  for (std::size_t at = 0; at < pages_.size(); at += kPageBytes) {
    fences_.push_back(source);
    ASHLAR_TRY(write_data_page(pages_.data() + at));
  }
  memory_.set(fences_.capacity() * sizeof(FenceSource) + groups_.capacity() * sizeof(Group));
  return {};
}

Status TableBuilder::write_data_page(char* page) {
  ASHLAR_CHECK(next_page_ <= kMaximumDataPages && find_page_problem(page) == nullptr);
  seal_page(page, options_.file_number, next_page_++);
  const std::string_view bytes(page, kPageBytes);
  if (image_) status_ = image_->append(bytes);
  ASHLAR_TRY(status_);
  if (!header_.compressed()) return status_ = file_->append_page(bytes);
  group_.append(bytes);
  return group_.size() == kCompressedGroupBytes ? write_group() : Status();
}

Status TableBuilder::write_group() {
  const auto pages = static_cast<uint32_t>(group_.size() / kPageBytes);
  std::string stored(kGroupHeaderBytes, '\0');
  stored[0] = static_cast<char>(options_.compression);
  if (!compressor_.append(group_, &stored)) {
    stored[0] = static_cast<char>(Compression::kNone);
    stored.append(group_);
  }
  uint32_t checksum = crc32c(std::string_view(stored).substr(0, 1),
                             checksum_seed(options_.file_number, next_page_ - pages));
  checksum = crc32c(std::string_view(stored).substr(kGroupHeaderBytes), checksum);
  store(stored.data() + 4, checksum);
  groups_.push_back({static_cast<uint32_t>(file_->offset()), static_cast<uint32_t>(stored.size())});
  group_.clear();
  return status_ = file_->append(stored);
}

Status TableBuilder::write_index_page(char* page) {
  seal_page(page, options_.file_number, next_page_++);
  const std::string_view bytes(page, kPageBytes);
  if (image_) status_ = image_->append(bytes);
  ASHLAR_TRY(status_);
  return status_ = file_->append_page(bytes);
}

Status TableBuilder::write_index_stream(std::string_view bytes, std::size_t page_content) {
  std::array<char, kPageBytes> page;
  for (std::size_t at = 0; at < bytes.size(); at += page_content) {
    const std::string_view part = bytes.substr(at, page_content);
    page.fill(0);
    std::memcpy(page.data(), part.data(), part.size());
    ASHLAR_TRY(write_index_page(page.data()));
  }
  return {};
}

Status TableBuilder::write_group_directory() {
  if (!header_.compressed()) return {};
  header_.group_directory_page = next_page_;
  std::string bytes;
  for (const Group& group : groups_) {
    append_fixed(&bytes, group.offset);
    append_fixed(&bytes, group.stored_bytes);
  }
  return write_index_stream(bytes, kGroupsPerDirectoryPage * sizeof(uint64_t));
}

uint64_t TableBuilder::fence(const FenceSource& source) const {
  const std::size_t prefix = header_.prefix.size();
  ASHLAR_CHECK(source.shared >= prefix);
  const std::size_t shared = source.shared - prefix;
  if (shared == 0) return source.tail;
  const uint64_t head = order_prefix64(std::string_view(first_key_).substr(prefix, shared));
  return shared >= 8 ? head : head | source.tail >> (8 * shared);
}

Status TableBuilder::write_fences() {
  header_.fence_page = next_page_;
  std::string bytes;
  bytes.reserve(fences_.size() * sizeof(uint64_t));
  for (const FenceSource& source : fences_) append_fixed(&bytes, fence(source));
  return write_index_stream(bytes, kFencesPerPage * sizeof(uint64_t));
}

Status TableBuilder::write_maplet() {
  header_.maplet_page = next_page_;
  header_.bucket_count = maplet_.bucket_count();
  Result<HugeBuffer> pages = maplet_.build();
  ASHLAR_TRY(pages.status());
  for (std::size_t at = 0; at < pages->size(); at += kPageBytes) {
    ASHLAR_TRY(write_index_page(pages->data() + at));
  }
  return {};
}

Status TableBuilder::write_range_tombstones() {
  if (range_tombstones_.empty()) return {};
  std::sort(range_tombstones_.begin(), range_tombstones_.end(),
            [](const RangeTombstone& a, const RangeTombstone& b) {
              return entry_before(a.from, a.sequence, b.from, b.sequence);
            });
  header_.range_tombstone_page = next_page_;
  header_.range_tombstone_count = static_cast<uint32_t>(range_tombstones_.size());
  std::string bytes;
  for (const RangeTombstone& tombstone : range_tombstones_) {
    append_prefixed(&bytes, tombstone.from);
    append_prefixed(&bytes, tombstone.to);
    append_varint(&bytes, tombstone.sequence);
  }
  return write_index_stream(bytes, kPageContentBytes);
}

Result<TableSummary> TableBuilder::finish() {
  ASHLAR_TRY(status_);
  ASHLAR_CHECK(!empty());
  if (!leaf_.empty()) ASHLAR_TRY(write_leaf());
  if (!group_.empty()) ASHLAR_TRY(write_group());
  status_ = file_->pad(kPageBytes);
  ASHLAR_TRY(status_);
  header_.data_page_count = next_page_ - 1;
  header_.index_offset = file_->offset();
  if (summarizer_.entry_count() > 0) header_.prefix = first_key_.substr(0, shared_bytes_);
  ASHLAR_TRY(write_group_directory());
  ASHLAR_TRY(write_fences());
  ASHLAR_TRY(write_maplet());
  ASHLAR_TRY(write_range_tombstones());

  TableSummary summary = summarizer_.summary();
  summary.file_number = options_.file_number;
  summary.file_bytes = file_->offset();
  header_.entry_count = summary.entry_count;
  header_.tombstone_count = summary.tombstone_count;
  header_.page_count = next_page_;
  header_.smallest_sequence = summary.smallest_sequence;
  header_.largest_sequence = summary.largest_sequence;
  header_.file_bytes = summary.file_bytes;
  std::array<char, kPageBytes> page;
  encode_table_header(header_, page.data());
  ASHLAR_CHECK(decode_table_header(page.data(), "").ok());
  if (image_) std::memcpy(image_->data(), page.data(), kPageBytes);
  status_ = file_->finish({page.data(), page.size()}, &summary.file_checksum);
  ASHLAR_TRY(status_);
  return summary;
}

HugeBuffer TableBuilder::take_image() {
  if (!image_) return {};
  HugeBuffer taken = image_->take();
  image_.reset();
  return taken;
}

}  // namespace ashlar
