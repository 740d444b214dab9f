#include "db/scrubber.h"

#include <algorithm>

#include "base/checksum.h"
#include "base/limits.h"
#include "table/table_file.h"

namespace ashlar {
namespace {

constexpr uint64_t kWeekSeconds = 7 * 24 * 3600;
constexpr uint64_t kSmallestPieceBytes = 16 * kCompressedGroupBytes;
constexpr uint64_t kLargestPieceBytes = std::size_t{4} << 20;
constexpr std::chrono::milliseconds kShortestWait{10};
constexpr std::chrono::milliseconds kLongestWait{std::chrono::hours(24)};
// A small database is not read all the time; nor is one looked for that is empty.
constexpr std::chrono::milliseconds kBetweenPasses{std::chrono::hours(1)};

uint64_t bytes_of(const Version& version) {
  uint64_t bytes = 0;
  for (const auto& table : version.all_tables()) bytes += table->summary.file_bytes;
  for (const auto& [number, file] : version.value_files) bytes += file->summary.file_bytes;
  return bytes;
}

std::shared_ptr<StoredTable> table_of(const Version& version, uint64_t number) {
  for (auto& table : version.all_tables()) {
    if (table->summary.file_number == number) return table;
  }
  return nullptr;
}

}  // namespace

uint64_t Scrubber::rate(const Version& version) const {
  return std::max<uint64_t>(bytes_per_second_.value_or(bytes_of(version) / kWeekSeconds), 1);
}

uint64_t Scrubber::piece_bytes(const Version& version) const {
  return std::clamp(rate(version) / 4, kSmallestPieceBytes, kLargestPieceBytes);
}

std::chrono::milliseconds Scrubber::wait_for(uint64_t bytes, const Version& version) const {
  const uint64_t speed = rate(version);
  const std::chrono::milliseconds wait{bytes / speed * 1000 + bytes % speed * 1000 / speed};
  return std::clamp(wait, kShortestWait, kLongestWait);
}

std::chrono::milliseconds Scrubber::first_wait(const Version& version) const {
  if (bytes_of(version) == 0) return kBetweenPasses;
  return wait_for(piece_bytes(version), version);
}

void Scrubber::begin_pass(const Version& version) {
  targets_.clear();
  for (const auto& table : version.all_tables()) {
    targets_.push_back({Kind::kTable, table->summary.file_number});
  }
  for (const auto& [number, file] : version.value_files) {
    targets_.push_back({Kind::kValues, number});
  }
  if (targets_.empty()) return;
  const auto first = static_cast<std::ptrdiff_t>(env_.random() % targets_.size());
  std::rotate(targets_.begin(), targets_.begin() + first, targets_.end());
}

std::chrono::milliseconds Scrubber::step(const Version& version,
                                         const std::function<void(const std::string&)>& problem) {
  problem_ = &problem;
  if (targets_.empty()) begin_pass(version);
  if (targets_.empty()) return kBetweenPasses;
  const Target target = targets_.back();
  const uint64_t bytes = piece_bytes(version);
  const uint64_t read = target.kind == Kind::kTable ? check_table(version, target.number, bytes)
                                                    : check_values(version, target.number, bytes);
  const std::lock_guard lock(mutex_);
  statistics_.bytes += read;
  if (!targets_.empty()) return wait_for(read, version);
  ++statistics_.passes;
  statistics_.last_pass_ms = env_.wall_clock_us() / 1000;
  return std::max(wait_for(read, version), kBetweenPasses);
}

void Scrubber::end_target() {
  targets_.pop_back();
  progress_ = 0;
  checksum_ = 0;
}

void Scrubber::report(const Status& status) {
  {
    const std::lock_guard lock(mutex_);
    ++statistics_.problems;
  }
  (*problem_)(status.to_string());
}

uint64_t Scrubber::check_table(const Version& version, uint64_t number, uint64_t bytes) {
  const std::shared_ptr<StoredTable> table = table_of(version, number);
  if (table == nullptr) {  // merged meanwhile
    end_target();
    return 0;
  }
  return check_pages(*table, bytes);
}

// From page `progress_` on; opening the file checks header and group directory.
uint64_t Scrubber::check_pages(const StoredTable& table, uint64_t bytes) {
  const auto opened = TableFile::open(env_, table.path(), budget_);
  if (!opened.ok()) {
    report(opened.status());
    end_target();
    return kPageBytes;
  }
  const TableFile& file = **opened;
  const TableHeader& header = file.header();
  std::string buffer(kCompressedGroupBytes, '\0');
  auto page = static_cast<uint32_t>(std::max<uint64_t>(progress_, 1));
  uint64_t read = 0;
  while (page < header.page_count && read < bytes) {
    const uint32_t end = header.is_data_page(page) ? header.first_index_page() : header.page_count;
    const uint32_t count = std::min(kPagesPerGroup, end - page);
    // A compressed group is judged as one; of other pages each by itself, once one is damaged.
    const bool as_one = header.compressed() && header.is_data_page(page);
    Status loaded = file.load(page, count, buffer.data());
    if (!loaded.ok() && as_one) report(loaded);
    for (uint32_t i = 0; i < count && !loaded.ok() && !as_one; ++i) {
      if (Status one = file.load(page + i, 1, buffer.data()); !one.ok()) report(one);
    }
    page += count;
    read += std::size_t{count} * kPageBytes;
  }
  progress_ = page;
  if (page >= header.page_count) end_target();
  return read;
}

// Byte by byte against the checksum of the whole; where that is wrong, record by record.
uint64_t Scrubber::check_values(const Version& version, uint64_t number, uint64_t bytes) {
  const auto found = version.value_files.find(number);
  if (found == version.value_files.end()) {
    end_target();
    return 0;
  }
  const StoredValueFile& stored = *found->second;
  const ValueFileSummary& summary = stored.summary;
  if (summary.kind == ValueFileKind::kSegment) {
    verify_values(stored);
    end_target();
    return summary.file_bytes;
  }
  const auto file = env_.open_file(stored.path(), {});
  std::string buffer;
  const auto read = [&](uint64_t offset, uint64_t count) -> Status {
    buffer.resize(count);
    return file.ok() ? (*file)->read(offset, buffer.data(), count) : file.status();
  };
  progress_ = std::max<uint64_t>(progress_, kPageBytes);
  const uint64_t count = std::min(bytes, summary.file_bytes - progress_);
  Status status = read(progress_, count);
  if (status.ok()) checksum_ = crc32c(buffer, checksum_);
  progress_ += count;
  const bool at_end = progress_ == summary.file_bytes;
  if (status.ok() && !at_end) return count;
  if (status.ok()) status = read(0, kPageBytes);  // the header page comes last
  const std::string_view header = std::string_view(buffer).substr(0, kPageBytes - 4);
  if (status.ok() && crc32c(header, checksum_) == summary.file_checksum) {
    end_target();
    return count;
  }
  if (verify_values(stored)) report(status);
  end_target();
  return count;
}

// False if something was found, and reported.
bool Scrubber::verify_values(const StoredValueFile& stored) {
  uint64_t findings = 0;
  const Status verified = stored.reader->verify([&](std::string finding) {
    ++findings;
    report(Status::corruption(std::move(finding)));
  });
  if (findings == 0 && !verified.ok()) report(verified);
  return verified.ok();
}

ScrubStatistics Scrubber::statistics() const {
  const std::lock_guard lock(mutex_);
  return statistics_;
}

}  // namespace ashlar
