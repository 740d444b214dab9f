#include "db/pointed_values.h"

#include <algorithm>
#include <bit>

#include "base/try.h"
#include "db/value_reader.h"
#include "table/value_file.h"

namespace ashlar {
namespace {

constexpr std::size_t kMostPlaces = 1024;

}  // namespace

const PointedValues::Place* PointedValues::place_of(uint64_t number) {
  if (places_.empty()) {
    places_.resize(std::min(std::bit_ceil(2 * version_.value_files.size() + 1), kMostPlaces));
  }
  Place& place = places_[number & (places_.size() - 1)];
  if (place.file != nullptr && place.number == number) return &place;
  const auto found = version_.value_files.find(number);
  if (found == version_.value_files.end()) return nullptr;
  ValueFile& file = *found->second->reader;
  place = {number, &file, file.image().pin()};
  return &place;
}

Result<std::string_view> PointedValues::find(std::string_view key,
                                             std::string_view encoded_pointer) {
  ValuePointer pointer;
  ASHLAR_TRY(decode_pointer(encoded_pointer, &pointer));
  const Place* const place = place_of(pointer.file_number);
  if (place == nullptr) return missing_value_file(pointer);
  if (place->image != nullptr) return place->file->view_in(place->image->data(), pointer, key);
  ASHLAR_TRY(place->file->read(pointer, key, &copy_));
  return std::string_view(copy_);
}

void PointedValues::prefetch(std::string_view encoded_pointer) {
  ValuePointer pointer;
  if (!ValuePointer::decode(encoded_pointer, &pointer)) return;
  const Place* const place = place_of(pointer.file_number);
  if (place == nullptr || place->image == nullptr) return;
  prefetch_value_record(place->image->data(), pointer);
}

}  // namespace ashlar
