#include "query/query_spec.h"

#include <utility>

#include "base/coding.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/try.h"
#include "filter/path_text.h"

namespace ashlar {
namespace {

constexpr std::size_t kMaximumSortFields = 16;
constexpr std::size_t kMaximumProjectedFields = 1000;

Result<Projection> make_projection(const QueryOptions& options) {
  Projection projection;
  const bool chooses = !options.fields.empty();
  if (chooses + !options.without.empty() + options.keys_only > 1) {
    return Status::invalid_argument("only one of fields, without and keys_only can be asked for");
  }
  if (options.keys_only) projection.kind = Projection::Kind::kNothing;
  if (chooses) projection.kind = Projection::Kind::kFields;
  if (!options.without.empty()) projection.kind = Projection::Kind::kWithout;
  const auto& names = chooses ? options.fields : options.without;
  if (names.size() > kMaximumProjectedFields) {
    return Status::invalid_argument("a projection of more than " +
                                    std::to_string(kMaximumProjectedFields) + " fields");
  }
  for (const std::string& name : names) {
    ASHLAR_TRY_ASSIGN(projection.paths.emplace_back(), parse_field(name));
  }
  return projection;
}

}  // namespace

Result<SingularPath> parse_field(std::string_view text) {
  auto path = parse_dotted_path(text);
  if (path.ok()) return path;
  return Status::invalid_argument("field \"" + std::string(text) +
                                  "\": " + std::string(path.status().message()));
}

Result<QuerySpec> QuerySpec::make(std::string_view prefix, std::string_view filter,
                                  const QueryOptions& options) {
  if (prefix.size() > kMaximumKeyBytes) {
    return Status::too_large("the prefix is longer than any key");
  }
  QuerySpec spec;
  spec.prefix = std::string(prefix);
  ASHLAR_TRY_ASSIGN(spec.filter, Filter::parse(filter));
  if (options.sort.size() > kMaximumSortFields) {
    return Status::invalid_argument("a query sorts by at most " +
                                    std::to_string(kMaximumSortFields) + " fields");
  }
  for (const SortField& field : options.sort) {
    ASHLAR_TRY_ASSIGN(SingularPath path, parse_field(field.path));
    spec.sort.push_back({std::move(path), field.descending});
  }
  spec.limit = options.limit;
  spec.skip = options.skip;
  ASHLAR_TRY_ASSIGN(spec.projection, make_projection(options));
  spec.forced_plan = options.plan;
  spec.progress = options.progress;
  if (!options.after.empty()) {
    ASHLAR_TRY_ASSIGN(spec.after, ResumePoint::parse(options.after));
    if (spec.after->fingerprint != spec.fingerprint()) {
      return Status::invalid_argument("the resume token is of another query");
    }
  }
  return spec;
}

WantedParts QuerySpec::wanted_parts() const {
  WantedParts wanted;
  add_wanted_parts(filter.root(), &wanted);
  for (const SortPath& field : sort) wanted.add(field.path);
  for (const SingularPath& path : read_paths) wanted.add(path);
  return wanted;
}

uint64_t QuerySpec::fingerprint() const {
  std::string text;
  append_prefixed(&text, prefix);
  append_prefixed(&text, filter.to_json());
  for (const SortPath& field : sort) {
    append_prefixed(&text, field.path.to_string());
    text.push_back(field.descending ? 'd' : 'a');
  }
  return hash_key(text);
}

}  // namespace ashlar
