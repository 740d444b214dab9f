#include "table/table_iterator.h"

#include <utility>

namespace ashlar {

void TableIterator::arrive(Status status) {
  status_ = std::move(status);
  if (!cursor_.valid()) return;
  const std::string_view prefix = cursor_.prefix();
  if (cursor_.page() == key_page_) {
    key_.resize(prefix.size());
  } else {
    key_ = prefix;
    key_page_ = cursor_.page();
  }
  key_.append(cursor_.record().suffix);
  entry_ = cursor_.record().entry(key_);
}

}  // namespace ashlar
