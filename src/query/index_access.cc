#include "query/index_access.h"

#include <algorithm>
#include <utility>

#include "base/key_prefix.h"
#include "base/try.h"
#include "query/field_bounds.h"

namespace ashlar {
namespace {

// So many intervals are asked about; the rest is taken to be alike.
constexpr std::size_t kEstimatedIntervals = 20;
// That many entries are read where they are planned with.
constexpr std::size_t kFewEntries = 8;

// --- Bytes of intervals ------------------------------------------------------------------------

// Sort keys tell whether strings are equal by a language's rules, but not how they are ordered by
// bytes: a range of strings becomes the range of all strings.
ValueInterval collated(const ValueInterval& interval) {
  if (interval.is_point()) return interval;
  ValueInterval wide = interval;
  if (wide.low.value.is_string()) wide.low = ValueCut::before(JsonValue::string(""));
  if (wide.high && wide.high->value.is_string() &&
      (wide.high->behind || !wide.high->value.as_text().empty())) {
    wide.high = ValueCut::before(JsonValue::array());
  }
  return wide;
}

std::string bytes_of(const Index& index, std::size_t field, const std::string& front,
                     const ValueCut& cut, bool behind) {
  std::string bytes = front;
  index.append_value(field, cut.value, &bytes);
  return behind ? end_of_prefix(bytes) : bytes;
}

IndexBounds bounds_of(const Index& index, std::size_t field, const std::string& front,
                      const ValueInterval& exact) {
  const ValueInterval interval = index.collation() != nullptr ? collated(exact) : exact;
  IndexBounds bounds{front, end_of_prefix(front)};
  const bool descending = index.descending(field);
  std::string low = bytes_of(index, field, front, interval.low, interval.low.behind != descending);
  (descending ? bounds.to : bounds.from) = std::move(low);
  if (interval.high) {
    std::string high =
        bytes_of(index, field, front, *interval.high, interval.high->behind != descending);
    (descending ? bounds.from : bounds.to) = std::move(high);
  }
  return bounds;
}

// Sorted, and those that touch made one.
std::vector<IndexBounds> settle(std::vector<IndexBounds> bounds) {
  std::sort(bounds.begin(), bounds.end(),
            [](const IndexBounds& a, const IndexBounds& b) { return a.from < b.from; });
  std::vector<IndexBounds> settled;
  for (IndexBounds& next : bounds) {
    if (!next.to.empty() && next.to <= next.from) continue;
    if (settled.empty() || (!settled.back().to.empty() && settled.back().to < next.from)) {
      settled.push_back(std::move(next));
    } else if (!settled.back().to.empty() && (next.to.empty() || settled.back().to < next.to)) {
      settled.back().to = std::move(next.to);
    }
  }
  return settled;
}

// Puts values of one field after the other behind the bounds' fronts, as long as each field before
// has points only.
class BoundsBuilder {
 public:
  explicit BoundsBuilder(IndexAccess* access) : access_(access), index_(*access->index) {}

  void build(const std::vector<ValueSet>& sets) {
    std::vector<std::string> fronts(1);
    bool ends_in_range = false;
    for (std::size_t field = 0; field < sets.size() && !ends_in_range; ++field) {
      const ValueSet& values = sets[field];
      if (values.is_all() || fronts.size() * values.intervals().size() > kMaximumIntervals) break;
      access_->bounded_values.push_back(values);
      ends_in_range = !values.is_points();
      if (ends_in_range) {
        add_ranges(field, values, fronts);
      } else {
        extend(field, values, &fronts);
      }
    }
    if (!ends_in_range) {
      for (const std::string& front : fronts) bounds_.push_back({front, end_of_prefix(front)});
      access_->in_key_order = fronts.size() == 1 && access_->fixed_fields == sets.size();
    }
    access_->bounds = settle(std::move(bounds_));
  }

 private:
  void add_ranges(std::size_t field, const ValueSet& values,
                  const std::vector<std::string>& fronts) {
    for (const std::string& front : fronts) {
      for (const ValueInterval& interval : values.intervals()) {
        bounds_.push_back(bounds_of(index_, field, front, interval));
      }
    }
  }

  void extend(std::size_t field, const ValueSet& values, std::vector<std::string>* fronts) {
    const bool is_fixed = values.intervals().size() == 1 && access_->fixed_fields == field;
    if (is_fixed) ++access_->fixed_fields;
    std::vector<std::string> longer;
    for (const std::string& front : *fronts) {
      for (const ValueInterval& interval : values.intervals()) {
        longer.push_back(bytes_of(index_, field, front, interval.low, false));
      }
    }
    std::sort(longer.begin(), longer.end());
    longer.erase(std::unique(longer.begin(), longer.end()), longer.end());
    *fronts = std::move(longer);
  }

  IndexAccess* const access_;
  const Index& index_;
  std::vector<IndexBounds> bounds_;
};

Result<double> estimate(IndexReader& reader, const std::vector<IndexBounds>& bounds) {
  double entries = 0;
  const std::size_t asked = std::min(bounds.size(), kEstimatedIntervals);
  for (std::size_t number = 0; number < asked; ++number) {
    // Spread over all of them.
    ASHLAR_TRY_ASSIGN(const uint64_t found,
                      reader.estimate(bounds[number * bounds.size() / asked]));
    entries += static_cast<double>(found);
  }
  if (asked == 0) return 0.0;
  return entries * static_cast<double>(bounds.size()) / static_cast<double>(asked);
}

// Where there are few entries, reading them takes no longer than estimating how many there are.
Status look_for_few(IndexReader& reader, IndexAccess* access) {
  std::vector<IndexAccess::KnownEntry> known;
  const auto cursor = reader.entries(access->bounds.front(), false, kFewEntries + 1);
  for (; cursor->valid(); cursor->next()) {
    if (known.size() == kFewEntries) return {};
    known.push_back({std::string(cursor->entry().values), std::string(cursor->entry().key)});
  }
  ASHLAR_TRY(cursor->status());
  access->entries = static_cast<double>(known.size());
  access->known_entries = std::move(known);
  return {};
}

// --- Covered queries ---------------------------------------------------------------------------

bool is_prefix(const SingularPath& a, const SingularPath& b) {
  return a.steps().size() <= b.steps().size() &&
         std::equal(a.steps().begin(), a.steps().end(), b.steps().begin(),
                    [](const PathStep& one, const PathStep& other) {
                      return !one.is_index && !other.is_index && one.name == other.name;
                    });
}

bool has_names_only(const SingularPath& path) {
  return !path.steps().empty() && std::none_of(path.steps().begin(), path.steps().end(),
                                               [](const PathStep& step) { return step.is_index; });
}

bool is_field(const Index& index, const SingularPath& path) {
  for (std::size_t field = 0; field < index.field_count(); ++field) {
    if (same_path(index.path(field), path)) return true;
  }
  return false;
}

// Whether a condition may say something about the values at the path: it starts where the path
// does.
bool may_bound(const FilterNode& filter, const SingularPath& path) {
  switch (filter.op) {
    case FilterOperator::kTrue:
      return false;
    case FilterOperator::kAnd:
    case FilterOperator::kOr:
    case FilterOperator::kNot:
      return std::any_of(filter.children.begin(), filter.children.end(),
                         [&](const FilterNodePtr& child) { return may_bound(*child, path); });
    default:
      return path.steps().empty() || filter.path.steps().empty() ||
             path.steps().front().name == filter.path.steps().front().name;
  }
}

// Whether the bounds say all that the filter does. May say no where it is so.
bool says_all(const IndexAccess& access, const FilterNode& filter) {
  const Index& index = *access.index;
  switch (filter.op) {
    case FilterOperator::kTrue:
      return true;
    case FilterOperator::kAnd:
      return std::all_of(filter.children.begin(), filter.children.end(),
                         [&](const FilterNodePtr& child) { return says_all(access, *child); });
    case FilterOperator::kEqual:
    case FilterOperator::kLess:
    case FilterOperator::kLessEqual:
    case FilterOperator::kGreater:
    case FilterOperator::kGreaterEqual:
      break;
    default:
      return false;
  }
  if (index.collation() != nullptr) return false;
  if (!filter.operand.is_number() && !filter.operand.is_string()) return false;
  for (std::size_t field = 0; field < access.bounded_values.size(); ++field) {
    if (same_path(index.path(field), filter.path)) return !access.many_values[field];
  }
  return false;
}

// An entry does not tell a missing value from null, nor an object from the only one in an array.
bool is_answered(const Index& index, const FilterNode& filter) {
  switch (filter.op) {
    case FilterOperator::kTrue:
      return true;
    case FilterOperator::kAnd:
    case FilterOperator::kOr:
    case FilterOperator::kNot:
      return std::all_of(filter.children.begin(), filter.children.end(),
                         [&](const FilterNodePtr& child) { return is_answered(index, *child); });
    case FilterOperator::kExists:
    case FilterOperator::kSize:
    case FilterOperator::kAnyElement:
      return false;
    case FilterOperator::kType:
      return filter.type != ValueType::kNull && is_field(index, filter.path);
    default:
      return is_field(index, filter.path);
  }
}

}  // namespace

bool is_usable(const Index& index, const std::string& prefix, const FilterNode& filter) {
  if (!prefix.starts_with(index.options().prefix)) return false;
  const Filter& condition = index.filter();
  if (!condition.matches_everything() && !implies(filter, condition.root())) return false;
  if (!index.options().sparse) return true;
  for (std::size_t field = 0; field < index.field_count(); ++field) {
    if (requires_value(filter, index.path(field))) return true;
  }
  return false;
}

bool may_help(const Index& index, const QuerySpec& spec) {
  if (!spec.sort.empty() || spec.reads_paths_only || spec.after ||
      spec.projection.kind == Projection::Kind::kNothing) {
    return true;
  }
  if (index.options().sparse || !index.filter().matches_everything()) return true;
  return may_bound(spec.filter.root(), index.path(0));
}

Result<IndexAccess> make_index_access(std::shared_ptr<const Index> index, const FilterNode& filter,
                                      ReadMoment& moment) {
  IndexAccess access;
  access.index = std::move(index);
  IndexReader reader(access.index, moment);
  std::vector<ValueSet> sets;
  sets.reserve(access.index->field_count());
  for (std::size_t field = 0; field < access.index->field_count(); ++field) {
    ASHLAR_TRY_ASSIGN(const bool many, reader.has_trait(IndexTrait::kManyValues, field));
    access.many_values.push_back(many);
    ValueSet values = field_bounds(filter, access.index->path(field), !many);
    if (!values.is_all() && values.overlaps_arrays()) {
      ASHLAR_TRY_ASSIGN(const bool long_arrays, reader.has_trait(IndexTrait::kLongArrays, field));
      if (long_arrays) values = ValueSet::all();
    }
    sets.push_back(std::move(values));
  }
  BoundsBuilder(&access).build(sets);
  access.exact = says_all(access, filter);
  const bool may_be_few = access.bounds.size() == 1 && access.fixed_fields > 0 &&
                          access.fixed_fields == access.bounded_values.size();
  if (may_be_few && !moment.notes_reads()) ASHLAR_TRY(look_for_few(reader, &access));
  if (access.known_entries) return access;
  ASHLAR_TRY_ASSIGN(access.entries, estimate(reader, access.bounds));
  return access;
}

std::optional<bool> order_of(const IndexAccess& access, const std::vector<SortPath>& sort) {
  const Index& index = *access.index;
  std::optional<bool> reverse;
  std::size_t field = 0;
  for (const SortPath& wanted : sort) {
    while (field < access.fixed_fields && !same_path(index.path(field), wanted.path)) ++field;
    if (field == index.field_count() || !same_path(index.path(field), wanted.path)) {
      return std::nullopt;
    }
    if (access.many_values[field] || index.collation() != nullptr) return std::nullopt;
    const bool opposite = index.descending(field) != wanted.descending;
    if (field >= access.fixed_fields && reverse.value_or(opposite) != opposite) {
      return std::nullopt;
    }
    if (field >= access.fixed_fields) reverse = opposite;
    ++field;
  }
  return reverse.value_or(false);
}

bool covers(const IndexAccess& access, const QuerySpec& spec) {
  const Index& index = *access.index;
  if (index.collation() != nullptr ||
      std::find(access.many_values.begin(), access.many_values.end(), true) !=
          access.many_values.end()) {
    return false;
  }
  for (std::size_t one = 0; one < index.field_count(); ++one) {
    if (!has_names_only(index.path(one))) return false;
    for (std::size_t other = 0; other < index.field_count(); ++other) {
      if (one != other && is_prefix(index.path(one), index.path(other))) return false;
    }
  }
  const auto is_there = [&](const SingularPath& path) { return is_field(index, path); };
  const bool reads_fields =
      spec.reads_paths_only ? std::all_of(spec.read_paths.begin(), spec.read_paths.end(), is_there)
                            : spec.projection.kind == Projection::Kind::kNothing;
  return reads_fields && is_answered(index, spec.filter.root()) &&
         std::all_of(spec.sort.begin(), spec.sort.end(),
                     [&](const SortPath& field) { return is_there(field.path); });
}

bool may_skip_values(const IndexAccess& access, const QuerySpec& spec) {
  const Index& index = *access.index;
  return spec.distinct && !index.descending(0) && spec.filter.matches_everything() && spec.limit == UINT64_MAX &&
         spec.skip == 0 && spec.prefix == index.options().prefix &&
         std::all_of(spec.read_paths.begin(), spec.read_paths.end(),
                     [&](const SingularPath& path) { return same_path(path, index.path(0)); });
}

}  // namespace ashlar
