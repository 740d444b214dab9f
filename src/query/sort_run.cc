#include "query/sort_run.h"

#include <algorithm>
#include <utility>

#include "base/coding.h"
#include "base/try.h"
#include "version/file_names.h"

namespace ashlar {
namespace {

constexpr std::size_t kWriteBytes = std::size_t{256} << 10;

}  // namespace

SortRun& SortRun::operator=(SortRun&& other) noexcept {
  remove();
  env_ = other.env_;
  file_ = std::move(other.file_);
  bytes_ = other.bytes_;
  level_ = other.level_;
  return *this;
}

void SortRun::remove() {
  if (file_ == nullptr) return;
  const std::string path = file_->path();
  file_.reset();
  // If that fails, the next opening of the database does it.
  (void)env_->remove(path);
}

// --- Writing -----------------------------------------------------------------------------------

Result<SortRunWriter> SortRunWriter::create(Env& env, const std::string& folder) {
  const std::string path = join_path(folder, file_name(FileType::kSort, env.random()));
  ASHLAR_TRY_ASSIGN(auto file, env.open_file(path, {.mode = OpenMode::kCreate}));
  File* const raw = file.get();
  return SortRunWriter(SortRun(env, std::move(file), 0, 0), raw);
}

Status SortRunWriter::add(const SortRecord& record) {
  append_prefixed(&buffer_, record.order);
  append_prefixed(&buffer_, record.key);
  append_prefixed(&buffer_, record.payload);
  return buffer_.size() < kWriteBytes ? Status() : write();
}

Status SortRunWriter::write() {
  ASHLAR_TRY(file_->write(written_, buffer_));
  written_ += buffer_.size();
  buffer_.clear();
  return {};
}

Result<SortRun> SortRunWriter::finish(int level) {
  ASHLAR_TRY(write());
  SortRun unfinished = std::move(run_);
  return SortRun::finished(std::move(unfinished), written_, level);
}

// --- Reading -----------------------------------------------------------------------------------

// Brings the next `bytes` into the buffer.
Status SortRunReader::need(std::size_t bytes) {
  if (buffer_.size() - at_ >= bytes) return {};
  buffer_.erase(0, at_);
  at_ = 0;
  const uint64_t left = run_.bytes() - offset_;
  const std::size_t had = buffer_.size();
  const uint64_t wanted = std::min<uint64_t>(left, std::max(bytes - had, kBufferBytes));
  if (had + wanted < bytes) return Status::corruption(run_.file().path() + ": is cut off");
  buffer_.resize(had + wanted);
  ASHLAR_TRY(run_.file().read(offset_, buffer_.data() + had, wanted));
  offset_ += wanted;
  return {};
}

Status SortRunReader::read_part(std::string* part) {
  const uint64_t left = buffer_.size() - at_ + (run_.bytes() - offset_);
  ASHLAR_TRY(need(std::min<uint64_t>(left, kMaximumVarint64Bytes)));
  uint64_t length = 0;
  const char* const start = buffer_.data() + at_;
  const char* const end = load_varint(start, buffer_.data() + buffer_.size(), &length);
  if (end == nullptr || length > left) {
    return Status::corruption(run_.file().path() + ": holds no record");
  }
  at_ += static_cast<std::size_t>(end - start);
  ASHLAR_TRY(need(length));
  part->assign(buffer_, at_, length);
  at_ += length;
  return {};
}

Result<bool> SortRunReader::next(SortRecord* record) {
  if (at_ == buffer_.size() && offset_ == run_.bytes()) return false;
  ASHLAR_TRY(read_part(&record->order));
  ASHLAR_TRY(read_part(&record->key));
  ASHLAR_TRY(read_part(&record->payload));
  return true;
}

}  // namespace ashlar
