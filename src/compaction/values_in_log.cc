#include "compaction/values_in_log.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "base/coding.h"
#include "base/limits.h"
#include "base/mutants.h"
#include "base/try.h"
#include "table/segment_values.h"
#include "version/file_names.h"

namespace ashlar {
namespace {

// Values that nothing newer has replaced have to be this share of a segment: all else in it is
// garbage from the first day.
constexpr double kLiveShare = 0.8;
// Each is an open file. A database with more of them than this has its values put together in
// larger ones.
constexpr std::ptrdiff_t kMostSegments = 512;

}  // namespace

ValuesInLog::ValuesInLog(const JobContext& context, LogWriter* log, const Memtable& memtable,
                         uint64_t log_end, OutputWriter* writer)
    : context_(context), log_(log), memtable_(memtable) {
  if (log == nullptr) return;
  const std::vector<LoggedValue> values = memtable.logged_values();
  if (values.empty()) return;
  std::vector<ValueFileSummary> summaries;
  const std::vector<Shared> chosen =
      choose(log->segments_within(memtable.log_position(), log_end), values, &summaries);
  // Where the log has failed, values are saved by writing them elsewhere.
  if (chosen.empty()) return;
  if (!ASHLAR_MUTANT("shared-segment-not-durable") && !log->sync(chosen.back().info.end()).ok()) {
    return;
  }
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    HugeBuffer image;
    if (!share(chosen[i], &summaries[i], &image).ok()) break;
    shared_.push_back(chosen[i]);
    shared_.back().image = writer->take_value_file(summaries[i], std::move(image));
  }
  fill_images(values);
}

// In the log's order, in which both sides lie side by side.
void ValuesInLog::fill_images(const std::vector<LoggedValue>& values) {
  auto shared = shared_.begin();
  for (const LoggedValue& value : values) {
    while (shared != shared_.end() && shared->info.end() <= value.log_position) ++shared;
    if (shared == shared_.end()) return;
    if (value.log_position < shared->info.start || shared->image == nullptr) continue;
    std::memcpy(shared->image + shared->info.offset_of(value.log_position), value.operation.data(),
                value.operation.size());
  }
}

// Both are in the order of the log. Fills *summaries for what is returned, but for the checksum.
std::vector<ValuesInLog::Shared> ValuesInLog::choose(
    const std::vector<SegmentInfo>& segments, const std::vector<LoggedValue>& values,
    std::vector<ValueFileSummary>* summaries) const {
  const auto version = context_.versions.current();
  const auto before =
      std::count_if(version->value_files.begin(), version->value_files.end(), [](const auto& each) {
        return each.second->summary.kind == ValueFileKind::kSegment;
      });
  std::vector<Shared> chosen;
  auto value = values.begin();
  for (const SegmentInfo& info : segments) {
    if (before + std::ssize(chosen) >= kMostSegments) break;
    value = std::find_if(value, values.end(),
                         [&](const LoggedValue& v) { return v.log_position >= info.start; });
    ValueFileSummary summary;
    summary.kind = ValueFileKind::kSegment;
    summary.file_number = info.number;
    summary.file_bytes = kLogBlockBytes + info.capacity;
    uint64_t live = 0;
    bool first = true;
    for (; value != values.end() && value->log_position < info.end(); ++value) {
      ++summary.record_count;
      summary.value_bytes += value->value_bytes;
      if (!value->superseded) live += value->value_bytes;
      if (!std::exchange(first, false)) summary.in_key_order &= value->ascends;
    }
    if (static_cast<double>(live) < kLiveShare * static_cast<double>(info.capacity)) continue;
    chosen.push_back({info, nullptr});
    summaries->push_back(summary);
  }
  return chosen;
}

// The file gets its second name first: then a crash leaves a file that no version names, or one
// that is complete.
Status ValuesInLog::share(const Shared& chosen, ValueFileSummary* summary,
                          HugeBuffer* image) const {
  const std::string path = context_.versions.path_of(FileType::kValues, chosen.info.number);
  ASHLAR_TRY(log_->share(chosen.info.number, path));
  const auto finish = [&]() -> Status {
    ASHLAR_TRY_ASSIGN(const auto file, context_.env.open_file(path, {}));
    std::string block(kLogBlockBytes, 0);
    ASHLAR_TRY(file->read(0, block.data(), block.size()));
    summary->file_checksum = segment_identity(block.data());
    ASHLAR_TRY(check_segment_header(block.data(), *summary, path).status());
    if (!context_.may_keep_image(summary->file_bytes)) return {};
    auto memory = HugeBuffer::allocate(summary->file_bytes, MemoryUse::kTable, &context_.budget,
                                       PageSize::kQuick);
    if (!memory.ok()) return {};  // it is read from the file
    *image = std::move(memory).value();
    image->take_pages(0, image->size());
    std::memcpy(image->data(), block.data(), block.size());
    return {};
  };
  Status finished = finish();
  if (!finished.ok()) (void)context_.env.remove(path);  // or with the next opening
  return finished;
}

std::optional<ValuePointer> ValuesInLog::find(const EntryView& entry) const {
  if (shared_.empty() || entry.kind != EntryKind::kSet || entry.value_is_pointer ||
      entry.value.size() < kLargeValueBytes) {
    return std::nullopt;
  }
  const LoggedOperation operation = memtable_.operation_of(entry);
  const uint64_t position = operation.log_position;
  if (position == 0) return std::nullopt;
  const auto behind =
      std::upper_bound(shared_.begin(), shared_.end(), position,
                       [](uint64_t at, const Shared& shared) { return at < shared.info.start; });
  if (behind == shared_.begin()) return std::nullopt;
  const Shared& shared = *std::prev(behind);
  if (position >= shared.info.end()) return std::nullopt;

  ValuePointer pointer;
  pointer.file_number = shared.info.number;
  pointer.offset = shared.info.offset_of(position);
  pointer.length = static_cast<uint32_t>(entry.value.size());
  pointer.checksum = load<uint32_t>(entry.value.data() + entry.value.size());
  return pointer;
}

}  // namespace ashlar
