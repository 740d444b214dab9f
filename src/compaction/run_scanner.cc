#include "compaction/run_scanner.h"

namespace ashlar {

RunScanner::RunScanner(std::vector<const StoredTable*> tables, std::size_t buffer_bytes)
    : tables_(std::move(tables)), buffer_bytes_(buffer_bytes) {
  open_from(0);
}

void RunScanner::next() {
  inner_->next();
  if (!inner_->valid() && inner_->status().ok()) open_from(index_ + 1);
}

void RunScanner::open_from(std::size_t index) {
  inner_.reset();
  for (index_ = index; index_ < tables_.size(); ++index_) {
    inner_ = tables_[index_]->reader->new_scanner(buffer_bytes_);
    inner_->seek_first();
    if (inner_->valid() || !inner_->status().ok()) return;
  }
}

}  // namespace ashlar
