#include "tools/importer.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "base/try.h"
#include "tools/interrupt.h"

namespace ashlar::tools {

namespace {

// A batch is in memory as a whole; large values make it end early.
constexpr uint64_t kBatchBytes = uint64_t{8} << 20;

uint64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

bool is_blank(const std::string& line) {
  return line.find_first_not_of(" \t\r") == std::string::npos;
}

// What the engine would refuse, found here so that the line can be named.
Status check_limits(const JsonLine& entry) {
  if (entry.key.empty()) return Status::invalid_argument("the key is empty");
  if (entry.key.size() > kMaximumKeyBytes) {
    return Status::too_large(
        fmt::format("the key has {} bytes; 65536 are allowed", entry.key.size()));
  }
  if (entry.value.size() > kMaximumValueBytes) {
    return Status::too_large(fmt::format("the value has {} bytes; {} are allowed",
                                         entry.value.size(), kMaximumValueBytes));
  }
  return {};
}

}  // namespace

Status Importer::run(const OnBadLine& on_bad_line, const OnProgress& on_progress) {
  std::string line;
  Status failure;
  while (failure.ok() && !interrupted()) {
    auto more = input_.read_line(&line);
    if (!more.ok()) failure = more.status();
    if (!more.ok() || !*more) break;
    ++report_.lines;
    if (is_blank(line)) continue;
    failure = import_line(line, on_bad_line);
    if (batch_.size() >= options_.batch_entries || batch_bytes_ >= kBatchBytes) {
      ASHLAR_TRY(write_batch());
      on_progress(report_);
    }
  }
  ASHLAR_TRY(write_batch());
  on_progress(report_);
  return failure.ok() && interrupted() ? interrupted_error() : failure;
}

Status Importer::import_line(const std::string& line, const OnBadLine& on_bad_line) {
  const auto entry = parse_json_line(line);
  const Status problem = entry.ok() ? check_limits(*entry) : entry.status();
  if (problem.ok()) {
    add(*entry);
    return {};
  }
  ++report_.bad;
  const std::string message =
      fmt::format("{}, line {}, {}", input_.name(), report_.lines, problem.message());
  if (!options_.skip_bad) return Status(problem.code(), message);
  on_bad_line(message);
  return {};
}

void Importer::add(const JsonLine& entry) {
  std::chrono::milliseconds ttl{0};
  if (entry.expires_at_ms) {
    const uint64_t now = now_ms();
    if (*entry.expires_at_ms <= now) {
      ++report_.expired;
      return;
    }
    ttl = std::chrono::milliseconds(*entry.expires_at_ms - now);
  }
  batch_.set(entry.key, entry.value, ttl);
  batch_bytes_ += entry.key.size() + entry.value.size();
}

Status Importer::write_batch() {
  if (batch_.empty()) return {};
  if (!options_.check_only) ASHLAR_TRY(db_.write(batch_));
  report_.imported += batch_.size();
  batch_.clear();
  batch_bytes_ = 0;
  return {};
}

}  // namespace ashlar::tools
