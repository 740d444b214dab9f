#include "table/file_appender.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "base/checksum.h"
#include "base/limits.h"
#include "base/mutants.h"
#include "base/try.h"
#include "table/table_format.h"

namespace ashlar {
namespace {

constexpr std::size_t kSmallPieceBytes = std::size_t{256} << 10;
constexpr std::size_t kLargePieceBytes = std::size_t{1} << 20;
// With less, large pieces would take more than a fiftieth of it.
constexpr std::size_t kRoomyBudget = std::size_t{256} << 20;

}  // namespace

std::size_t FileAppender::piece_bytes(const MemoryBudget* budget) {
  return budget != nullptr && budget->total() >= kRoomyBudget ? kLargePieceBytes : kSmallPieceBytes;
}

Result<std::unique_ptr<FileAppender>> FileAppender::create(Env& env, const std::string& path,
                                                           MemoryBudget* budget) {
  const std::size_t bytes = 2 * piece_bytes(budget);
  ASHLAR_TRY_ASSIGN(
      HugeBuffer pieces,
      HugeBuffer::allocate(bytes, MemoryUse::kCompaction, budget, PageSize::kQuick));
  pieces.take_pages(0, bytes);
  ASHLAR_TRY_ASSIGN(std::unique_ptr<File> file,
                    env.open_file(path, {.mode = OpenMode::kCreate, .direct = true}));
  std::unique_ptr<FileAppender> appender(
      new FileAppender(env, path, std::move(file), std::move(pieces)));
  return appender;
}

FileAppender::~FileAppender() {
  file_.reset();
  // What can't be removed now is an unknown file of an old number, removed at the next start.
  if (!finished_) static_cast<void>(env_.remove(path_).ok());
}

Status FileAppender::append(std::string_view bytes) {
  checksum_ = crc32c(bytes, checksum_);
  return buffer(bytes);
}

Status FileAppender::append_page(std::string_view page) {
  checksum_ = crc32c(page.substr(0, kPageContentBytes), checksum_);
  return buffer(page);
}

Status FileAppender::buffer(std::string_view bytes) {
  while (!bytes.empty() && status_.ok()) {
    const std::size_t part = std::min(bytes.size(), piece_bytes_ - buffered_);
    std::memcpy(piece() + buffered_, bytes.data(), part);
    buffered_ += part;
    bytes.remove_prefix(part);
    if (buffered_ == piece_bytes_) status_ = write_piece();
  }
  return status_;
}

Status FileAppender::pad(std::size_t unit) {
  static constexpr std::array<char, kPageBytes> kZeros{};
  ASHLAR_CHECK(unit <= kPageBytes);
  const std::size_t beyond = offset() % unit;
  return beyond == 0 ? status_ : append({kZeros.data(), unit - beyond});
}

// Waits for the piece before it, and lets this one be written while the next is filled.
Status FileAppender::write_piece() {
  ASHLAR_TRY(file_->end_write());
  file_->begin_write(written_, {piece(), buffered_});
  written_ += buffered_;
  buffered_ = 0;
  second_ = !second_;
  return {};
}

Status FileAppender::finish(std::string_view header_page, uint32_t* checksum) {
  ASHLAR_CHECK(header_page.size() == kPageBytes && offset() % kPageBytes == 0 && !finished_);
  ASHLAR_TRY(status_);
  status_ = file_->end_write();
  if (status_.ok() && buffered_ > 0) status_ = file_->write(written_, {piece(), buffered_});
  ASHLAR_TRY(status_);
  checksum_ = crc32c(header_page.substr(0, kPageContentBytes), checksum_);
  // From a piece, whose address suits direct writes.
  std::memcpy(piece(), header_page.data(), kPageBytes);
  status_ = file_->write(0, {piece(), kPageBytes});
  if (status_.ok() && !ASHLAR_MUTANT("tables-not-synced")) status_ = file_->sync();
  ASHLAR_TRY(status_);
  *checksum = checksum_;
  finished_ = true;
  return {};
}

Result<GrowingImage> GrowingImage::create(std::size_t expected_bytes, PageSize pages,
                                          MemoryBudget* budget) {
  GrowingImage image;
  ASHLAR_TRY_ASSIGN(image.buffer_,
                    HugeBuffer::allocate(expected_bytes, MemoryUse::kTable, budget, pages));
  return image;
}

Status GrowingImage::make_room(std::size_t bytes) {
  if (buffer_.size() - size_ < bytes) {
    ASHLAR_TRY(buffer_.grow(std::max(size_ + bytes, buffer_.size() + buffer_.size() / 2)));
  }
  // Not the first piece: of an image that stays small no huge page is taken.
  for (; taken_ < size_ + bytes; taken_ += kTakenAtOnce) buffer_.take_pages(taken_, kTakenAtOnce);
  return {};
}

Status GrowingImage::append(std::string_view bytes) {
  ASHLAR_TRY(make_room(bytes.size()));
  std::memcpy(buffer_.data() + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
  return {};
}

Status GrowingImage::append_zeros(std::size_t bytes) {
  ASHLAR_TRY(make_room(bytes));
  size_ += bytes;
  return {};
}

HugeBuffer GrowingImage::take() {
  buffer_.shrink(size_);
  size_ = 0;
  taken_ = kTakenAtOnce;
  return std::exchange(buffer_, HugeBuffer());
}

}  // namespace ashlar
