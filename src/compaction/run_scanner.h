// Reading the inputs of a merge once, front to back.
#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/range_tombstones.h"
#include "version/stored_file.h"

namespace ashlar {

// The tables of a run, one after the other, past the page cache. Forward only: goes on from where
// it is.
class RunScanner {
 public:
  RunScanner(std::vector<const StoredTable*> tables, std::size_t buffer_bytes);

  bool valid() const { return inner_ && inner_->valid(); }
  const EntryView& entry() const { return inner_->entry(); }
  void next();
  const Status& status() const { return inner_ ? inner_->status() : ok_; }

 private:
  void open_from(std::size_t index);

  const std::vector<const StoredTable*> tables_;
  const std::size_t buffer_bytes_;
  std::size_t index_ = 0;
  std::unique_ptr<EntryIterator> inner_;
  Status ok_;
};

// What is left of a scan below `upper` (empty: all), as a child of a MergingIterator; leaves the
// scan at the first entry behind.
class ScanBelow : public EntryIterator {
 public:
  ScanBelow(RunScanner* scanner, std::string_view upper) : scanner_(scanner), upper_(upper) {}

  bool valid() const override {
    return scanner_->valid() && before_end(scanner_->entry().key, upper_);
  }
  const EntryView& entry() const override { return scanner_->entry(); }
  void next() override { scanner_->next(); }
  const Status& status() const override { return scanner_->status(); }
  // A scan is where it is.
  void seek_first() override {}
  void seek_last() override { ASHLAR_CHECK(false); }
  void seek(std::string_view, SequenceNumber) override { ASHLAR_CHECK(false); }
  void previous() override { ASHLAR_CHECK(false); }

 private:
  RunScanner* const scanner_;
  const std::string_view upper_;
};

}  // namespace ashlar
