#include "compaction/output_writer.h"

#include <new>
#include <set>
#include <utility>

#include "base/limits.h"
#include "base/mutants.h"
#include "base/try.h"
#include "version/file_names.h"

namespace ashlar {

OutputWriter::~OutputWriter() {
  if (adopted_) return;
  // What can't be removed now is removed as a leftover when the database is next opened.
  try {
    remove_outputs();
  } catch (const std::bad_alloc&) {  // of a path
  }
}

void OutputWriter::remove_outputs() const {
  for (const Output& output : outputs_) {
    (void)context_.env.remove(
        context_.versions.path_of(FileType::kTable, output.summary.file_number));
  }
  for (const ValueFileSummary& file : value_files_) {
    (void)context_.env.remove(context_.versions.path_of(FileType::kValues, file.file_number));
  }
}

Status OutputWriter::begin_table(std::size_t tag, Compression compression) {
  TableBuilderOptions options;
  options.file_number = table_number_ = context_.versions.new_file_number();
  options.compression = compression;
  options.expected_bytes = context_.table_bytes + context_.table_bytes / 4;
  options.keep_image = context_.may_keep_image(options.expected_bytes);
  options.image_pages = image_pages_;
  options.budget = &context_.budget;
  tag_ = tag;
  has_range_tombstones_ = false;
  ASHLAR_TRY_ASSIGN(
      builder_, TableBuilder::create(
                    context_.env, context_.versions.path_of(FileType::kTable, table_number_),
                    options));
  return {};
}

bool OutputWriter::wants_cut() const {
  return builder_ && (builder_->is_full() || builder_->data_bytes() >= context_.table_bytes);
}

Status OutputWriter::add(const EntryView& entry) {
  if (entry.kind != EntryKind::kSet || entry.value_is_pointer ||
      entry.value.size() < kLargeValueBytes) {
    return builder_->add(entry);
  }
  ASHLAR_TRY_ASSIGN(const ValuePointer pointer, write_value(entry.key, entry.value));
  return add_pointed(entry, pointer);
}

char* OutputWriter::take_value_file(const ValueFileSummary& summary, HugeBuffer image) {
  value_files_.push_back(summary);
  value_images_.push_back(std::move(image));
  return value_images_.back().data();
}

Status OutputWriter::add_pointed(const EntryView& entry, const ValuePointer& pointer) {
  const std::string encoded = pointer.encode();
  EntryView separated = entry;
  separated.value = encoded;
  separated.value_is_pointer = true;
  return builder_->add(separated);
}

Status OutputWriter::add_range_tombstone(const RangeTombstone& tombstone) {
  has_range_tombstones_ = true;
  return builder_->add_range_tombstone(tombstone);
}

Result<ValuePointer> OutputWriter::write_value(std::string_view key, std::string_view value) {
  if (value_builder_ && value_builder_->file_bytes() + value.size() > kMaximumValueFileBytes) {
    ASHLAR_TRY(end_value_file());
  }
  if (!value_builder_) {
    const uint64_t number = context_.versions.new_file_number();
    ASHLAR_TRY_ASSIGN(
        value_builder_,
        ValueFileBuilder::create(context_.env, context_.versions.path_of(FileType::kValues, number),
                                 number, context_.may_keep_image(kMaximumValueFileBytes),
                                 &context_.budget));
  }
  return value_builder_->add(key, value);
}

Status OutputWriter::end_value_file() {
  if (!value_builder_) return {};
  ASHLAR_TRY_ASSIGN(ValueFileSummary summary, value_builder_->finish());
  bytes_written_ += summary.file_bytes;
  value_files_.push_back(summary);
  value_images_.push_back(value_builder_->take_image());
  value_builder_.reset();
  return {};
}

Status OutputWriter::end_table() {
  if (!builder_) return {};
  if (builder_->empty() && !has_range_tombstones_) {
    builder_.reset();
    return {};
  }
  ASHLAR_TRY_ASSIGN(TableSummary summary, builder_->finish());
  bytes_written_ += summary.file_bytes;
  outputs_.push_back({std::move(summary), builder_->take_image(), tag_});
  builder_.reset();
  return {};
}

Status OutputWriter::finish() {
  ASHLAR_TRY(end_table());
  ASHLAR_TRY(end_value_file());
  if (outputs_.empty() && value_files_.empty()) return {};
  if (ASHLAR_MUTANT("names-not-synced")) return {};
  return context_.env.sync_folder(
      std::string(parent_folder(context_.versions.path_of(FileType::kTable, 1))));
}

void OutputWriter::drop_unused_value_files() {
  std::set<uint64_t> used;
  for (const Output& output : outputs_) {
    for (const ValueReference& reference : output.summary.value_references) {
      used.insert(reference.file_number);
    }
  }
  for (std::size_t i = value_files_.size(); i-- > 0;) {
    const uint64_t number = value_files_[i].file_number;
    if (used.contains(number)) continue;
    // What can't be removed now is removed as a leftover when the database is next opened.
    (void)context_.env.remove(context_.versions.path_of(FileType::kValues, number));
    value_files_.erase(value_files_.begin() + static_cast<std::ptrdiff_t>(i));
    value_images_.erase(value_images_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

Result<VersionSet::Opened> OutputWriter::open_outputs() {
  VersionSet::Opened opened;
  for (Output& output : outputs_) {
    ASHLAR_TRY_ASSIGN(auto table,
                      context_.versions.open_table(output.summary, std::move(output.image)));
    opened.tables.push_back(std::move(table));
  }
  for (std::size_t i = 0; i < value_files_.size(); ++i) {
    ASHLAR_TRY_ASSIGN(auto file, context_.versions.open_value_file(value_files_[i],
                                                                  std::move(value_images_[i])));
    opened.value_files.push_back(std::move(file));
  }
  return opened;
}

}  // namespace ashlar
