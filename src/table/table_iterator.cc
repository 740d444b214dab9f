#include "table/table_iterator.h"

#include <utility>

namespace ashlar {

void TableIterator::arrive(Status status) {
  status_ = std::move(status);
  if (cursor_.valid()) take_record();
}

}  // namespace ashlar
