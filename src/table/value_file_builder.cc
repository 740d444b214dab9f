#include "table/value_file_builder.h"

#include <array>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/coding.h"
#include "base/limits.h"
#include "base/try.h"

namespace ashlar {
namespace {

constexpr std::size_t kFirstImageBytes = std::size_t{1} << 20;
// Of this much, a whole file may be reserved ahead: nobody misses it meanwhile.
constexpr std::size_t kRoomyBudget = std::size_t{1} << 30;

}  // namespace

Result<std::unique_ptr<ValueFileBuilder>> ValueFileBuilder::create(Env& env,
                                                                   const std::string& path,
                                                                   uint64_t file_number,
                                                                   bool keep_image,
                                                                   MemoryBudget* budget) {
  ASHLAR_TRY_ASSIGN(std::unique_ptr<FileAppender> file, FileAppender::create(env, path, budget));
  std::unique_ptr<ValueFileBuilder> builder(new ValueFileBuilder(file_number, std::move(file)));
  if (keep_image) {
    const bool roomy = budget != nullptr && budget->total() >= kRoomyBudget;
    ASHLAR_TRY_ASSIGN(builder->image_,
                      GrowingImage::create(roomy ? kMaximumValueFileBytes : kFirstImageBytes,
                                           roomy ? PageSize::kQuick : PageSize::kSmall, budget));
    ASHLAR_TRY(builder->image_->append_zeros(kPageBytes));
  }
  return builder;
}

Status ValueFileBuilder::append(std::string_view bytes) {
  if (image_ && status_.ok()) status_ = image_->append(bytes);
  if (status_.ok()) status_ = file_->append(bytes);
  return status_;
}

Status ValueFileBuilder::pad(std::size_t unit) {
  const uint64_t before = file_->offset();
  if (status_.ok()) status_ = file_->pad(unit);
  if (image_ && status_.ok()) status_ = image_->append_zeros(file_->offset() - before);
  return status_;
}

Result<ValuePointer> ValueFileBuilder::add(std::string_view key, std::string_view value) {
  ASHLAR_CHECK(key.size() <= kMaximumStoredKeyBytes && value.size() <= kMaximumValueBytes);
  ASHLAR_TRY(pad(kValueRecordAlignment));
  const uint64_t offset = file_->offset();
  const ValuePointer pointer{summary_.file_number, offset, static_cast<uint32_t>(value.size()),
                             value_record_checksum(summary_.file_number, offset, key, value)};
  std::array<char, kValueRecordHeaderBytes> header;
  store(header.data(), pointer.checksum);
  store(header.data() + 4, static_cast<uint32_t>(key.size()));
  store(header.data() + 8, pointer.length);
  ASHLAR_TRY(append({header.data(), header.size()}));
  ASHLAR_TRY(append(key));
  ASHLAR_TRY(append(value));
  ++summary_.record_count;
  summary_.value_bytes += value.size();
  return pointer;
}

uint64_t ValueFileBuilder::file_bytes() const {
  return (file_->offset() + kPageBytes - 1) / kPageBytes * kPageBytes;
}

Result<ValueFileSummary> ValueFileBuilder::finish() {
  ASHLAR_TRY(pad(kPageBytes));
  summary_.file_bytes = file_->offset();
  std::array<char, kPageBytes> page;
  encode_value_file_header({summary_.file_number, summary_.file_bytes, summary_.record_count},
                           page.data());
  if (image_) std::memcpy(image_->data(), page.data(), kPageBytes);
  status_ = file_->finish({page.data(), page.size()}, &summary_.file_checksum);
  ASHLAR_TRY(status_);
  return summary_;
}

HugeBuffer ValueFileBuilder::take_image() {
  if (!image_) return {};
  HugeBuffer taken = image_->take();
  image_.reset();
  return taken;
}

}  // namespace ashlar
