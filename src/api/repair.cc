#include "ashlar/repair.h"

#include "ashlar/database.h"
#include "base/try.h"
#include "care/repair.h"

namespace ashlar {
namespace {

// Entries of an index may be lost, and not their documents, or the other way round.
Status rebuild_indexes(Database& database, RepairReport* report) {
  ASHLAR_TRY_ASSIGN(const auto indexes, database.indexes());
  for (const IndexInfo& index : indexes) {
    const Status built = database.rebuild_index(index.name);
    if (built.ok()) continue;
    report->notes.push_back("the index " + index.name +
                            " could not be built anew: " + std::string(built.message()));
  }
  return database.wait_for_background();
}

Status finish(const std::string& folder, const RepairOptions& options, RepairReport* report) {
  Options opening;
  opening.memory_budget = options.memory_budget;
  opening.compression = options.compression;
  opening.create_if_missing = false;
  opening.scrub_bytes_per_second = 0;
  opening.env = options.env;
  ASHLAR_TRY_ASSIGN(const auto database, Database::open(folder, opening));
  const bool sound = report->complete() && report->manifest == RepairReport::Manifest::kSound;
  if (!sound) ASHLAR_TRY(rebuild_indexes(*database, report));
  ASHLAR_TRY_ASSIGN(const VerifyReport verified, database->verify());
  if (verified.problems.empty()) return {};
  return Status::corruption("the repaired database does not verify: " + verified.problems.front());
}

}  // namespace

Status repair(std::string_view path, std::string_view destination, const RepairOptions& options,
              RepairReport* report) {
  return repair_and_finish(
      path, destination, options,
      [&](const std::string& folder, RepairReport* so_far) {
        return finish(folder, options, so_far);
      },
      report);
}

}  // namespace ashlar
