#include "index/index_catalogue.h"

#include <algorithm>
#include <utility>

#include "base/printable.h"
#include "base/key_prefix.h"
#include "base/key_space.h"
#include "base/try.h"
#include "document/utf8.h"
#include "index/read_moment.h"

namespace ashlar {
namespace {

// [ENG-4]: another number than before, odd if something has to be written along.
uint64_t next_rules(uint64_t rules, const std::vector<ListedIndex>& indexes) {
  const bool any = std::any_of(indexes.begin(), indexes.end(),
                               [](const ListedIndex& listed) { return listed.kept_up(); });
  return (rules / 2 + 1) * 2 + (any ? 1 : 0);
}

IndexDefinition definition_now(const ListedIndex& listed) {
  IndexDefinition definition = listed.index->definition();
  definition.state = listed.state;
  definition.message = listed.message;
  return definition;
}

ListedIndex* find_id(std::vector<ListedIndex>* indexes, IndexId id) {
  const auto found = std::find_if(indexes->begin(), indexes->end(),
                                  [&](const auto& listed) { return listed.index->id() == id; });
  return found == indexes->end() ? nullptr : &*found;
}

}  // namespace

// Publishes a change in the moment in which it takes effect. [IDX-1]
class IndexCatalogue::ChangeGate : public CommitGate {
 public:
  ChangeGate(IndexCatalogue& catalogue, Change& change, uint64_t rules)
      : catalogue_(catalogue), change_(change), rules_(rules) {}

  Status pass(const LatestState&, Commit*) override { return {}; }

  void committed(SequenceNumber sequence) override {
    if (change_.made_ready != 0) find_id(&change_.indexes, change_.made_ready)->ready_at = sequence;
    catalogue_.publish(std::make_shared<const IndexSet>(std::move(change_.indexes), rules_));
    catalogue_.engine_.set_write_rules(rules_);
  }

 private:
  IndexCatalogue& catalogue_;
  Change& change_;
  const uint64_t rules_;
};

IndexCatalogue::IndexCatalogue(Engine& engine)
    : engine_(engine),
      builder_(std::make_shared<IndexBuilder>(engine, *this)) {}

IndexCatalogue::~IndexCatalogue() {
  builder_->stop();
}

// --- Opening ---------------------------------------------------------------------------------

Result<std::unique_ptr<IndexCatalogue>> IndexCatalogue::open(Engine& engine) {
  std::unique_ptr<IndexCatalogue> catalogue(new IndexCatalogue(engine));
  ASHLAR_TRY(catalogue->load());
  return catalogue;
}

Status IndexCatalogue::load() {
  std::vector<ListedIndex> indexes;
  const auto cursor =
      engine_.new_cursor({.from = definition_key(0), .to = end_of_definitions()}, nullptr);
  for (; cursor->valid(); cursor->next()) {
    ASHLAR_TRY(load_definition(cursor->entry().key, cursor->entry().value, &indexes));
  }
  ASHLAR_TRY(cursor->status());
  const uint64_t rules = indexes.empty() ? 0 : next_rules(0, indexes);
  if (!indexes.empty()) next_id_ = indexes.back().index->id() + 1;
  publish(std::make_shared<const IndexSet>(std::move(indexes), rules));
  engine_.set_write_rules(rules);
  if (engine_.read_only()) return {};
  const auto stored = shared_set();
  for (const ListedIndex& listed : stored->indexes()) {
    const Collation* const collation = listed.index->collation();
    const bool outdated = collation != nullptr && listed.state == IndexState::kReady &&
                          collation->version() != listed.index->definition().collation_version;
    if (outdated) ASHLAR_TRY(begin_anew(listed));
  }
  const auto current = shared_set();
  for (const ListedIndex& listed : current->indexes()) {
    if (listed.state == IndexState::kBuilding) ASHLAR_TRY(resume_building(listed));
  }
  return {};
}

Status IndexCatalogue::load_definition(std::string_view key, std::string_view text,
                                       std::vector<ListedIndex>* indexes) {
  ASHLAR_TRY_ASSIGN(const IndexId id, id_of_definition_key(key));
  ASHLAR_TRY_ASSIGN(IndexDefinition definition, IndexDefinition::parse(id, text));
  ListedIndex listed;
  listed.state = definition.state;
  listed.message = definition.message;
  auto index = Index::make(std::move(definition));
  if (!index.ok()) {
    // It was accepted once: by a build with other libraries, or the bytes have changed.
    return Status::unsupported(std::string(index.status().message()) +
                               ": this build cannot keep the index up");
  }
  listed.index = std::move(index).value();
  indexes->push_back(std::move(listed));
  return {};
}

Status IndexCatalogue::resume_building(const ListedIndex& listed) {
  BuildProgress progress;
  {
    const EpochGuard guard;
    FoundEntry found;
    const Status status = engine_.find(progress_key(listed.index->id()), nullptr, &found);
    if (status.ok()) {
      ASHLAR_TRY_ASSIGN(progress, BuildProgress::parse(found.value));
    } else if (!status.is(StatusCode::kNotFound)) {
      return status;
    }
  }
  builder_->add(listed.index, std::move(progress));
  return {};
}

// --- Changes ---------------------------------------------------------------------------------

void IndexCatalogue::publish(std::shared_ptr<const IndexSet> set) {
  const std::lock_guard lock(set_mutex_);
  retired_.reserve();
  std::function<void()> free_old;
  if (set_owner_) free_old = [old = set_owner_]() mutable { old.reset(); };
  set_.store(set.get(), std::memory_order_seq_cst);
  set_owner_ = std::move(set);
  // [EPOCH-1]
  if (free_old) retired_.retire(std::move(free_old));
}

std::shared_ptr<const IndexSet> IndexCatalogue::shared_set() const {
  const std::lock_guard lock(set_mutex_);
  return set_owner_;
}

Status IndexCatalogue::begin_change(bool may_wait) {
  std::unique_lock lock(change_mutex_);
  if (changing_ && !may_wait) return Status::busy("another index is being created or dropped");
  engine_.wait(lock, change_ended_, [this] { return !changing_; });
  changing_ = true;
  return {};
}

void IndexCatalogue::end_change() {
  {
    const std::lock_guard lock(change_mutex_);
    changing_ = false;
  }
  change_ended_.notify_all();
  retired_.collect();
}

Status IndexCatalogue::apply(Change change) {
  const uint64_t rules = set_.load(std::memory_order_acquire)->rules();
  // An index that has become ready changes nothing for writers.
  ChangeGate gate(*this, change,
                  change.made_ready != 0 ? rules : next_rules(rules, change.indexes));
  Commit commit;
  commit.set_rules(rules);
  for (const auto& [from, to] : change.range_deletions) commit.del_range(from, to);
  for (const std::string& key : change.deletions) commit.del(key);
  for (const auto& [key, value] : change.sets) commit.set(key, value, 0, false);
  return engine_.write_through(&gate, &commit, std::nullopt);
}

// Gives back the space of an index, and how far its building had come.
void IndexCatalogue::forget_entries(const Index& index, Change* change) {
  change->range_deletions.emplace_back(index.entries_begin(), index.entries_end());
  const std::string traits = traits_begin(index.id());
  change->range_deletions.emplace_back(traits, end_of_prefix(traits));
  change->deletions.push_back(progress_key(index.id()));
}

Status IndexCatalogue::create(std::string_view name, const IndexOptions& options) {
  ASHLAR_TRY(begin_change(true));
  IndexId id = 0;
  const Status created = create_within_change(name, options, &id);
  end_change();
  ASHLAR_TRY(created);
  return options.wait ? wait_until_ready(name, id) : Status();
}

Status IndexCatalogue::wait_until_ready(std::string_view name, IndexId id) {
  ASHLAR_TRY(builder_->wait(id));
  const auto set = shared_set();
  const ListedIndex* const listed = set->find(name);
  if (listed == nullptr || listed->index->id() != id) {
    return Status::aborted("index '" + std::string(name) + "' was dropped while it was built");
  }
  if (listed->state == IndexState::kReady) return {};
  return Status(listed->failure, listed->message);
}

Result<uint64_t> IndexCatalogue::estimate_documents(std::string_view prefix) const {
  const StoredRanges ranges = stored_ranges(prefix, end_of_prefix(prefix));
  uint64_t documents = 0;
  if (ranges.has_below) {
    ASHLAR_TRY_ASSIGN(documents, engine_.estimate_entries(ranges.below.from, ranges.below.to));
  }
  if (ranges.has_behind) {
    ASHLAR_TRY_ASSIGN(const uint64_t behind,
                      engine_.estimate_entries(ranges.behind.from, ranges.behind.to));
    documents += behind;
  }
  return documents;
}

Status IndexCatalogue::create_within_change(std::string_view name, const IndexOptions& options,
                                            IndexId* id) {
  const auto set = shared_set();
  if (set->find(name) != nullptr) {
    return Status::invalid_argument("there is an index '" + std::string(name) + "' already");
  }
  if (set->indexes().size() >= kMaximumIndexes) {
    return Status::too_large("a database has at most " + std::to_string(kMaximumIndexes) +
                             " indexes");
  }
  IndexDefinition definition;
  definition.id = next_id_;
  definition.name = name;
  definition.options = options;
  if (!options.collation.empty()) {
    ASHLAR_TRY_ASSIGN(const auto collation, Collation::open(options.collation));
    definition.collation_version = collation->version();
  }
  ListedIndex listed;
  ASHLAR_TRY_ASSIGN(listed.index, Index::make(std::move(definition)));
  const std::string text = listed.index->definition().to_text();
  if (const auto reread = IndexDefinition::parse(next_id_, text); !reread.ok()) {
    return Status::invalid_argument("the index can't be stored: " +
                                    std::string(reread.status().message()));
  }
  BuildProgress progress;
  ASHLAR_TRY_ASSIGN(progress.documents_total, estimate_documents(options.prefix));
  Change change;
  change.indexes = set->indexes();
  change.indexes.push_back(listed);
  change.sets.emplace_back(definition_key(next_id_), text);
  change.sets.emplace_back(progress_key(next_id_), progress.to_text());
  ASHLAR_TRY(apply(std::move(change)));
  *id = next_id_++;
  builder_->add(listed.index, std::move(progress));
  return {};
}

Status IndexCatalogue::drop(std::string_view name) {
  ASHLAR_TRY(begin_change(true));
  const Status dropped = drop_within_change(name);
  end_change();
  return dropped;
}

Status IndexCatalogue::drop_within_change(std::string_view name) {
  const auto set = shared_set();
  const ListedIndex* const listed = set->find(name);
  if (listed == nullptr) return Status::not_found("no index '" + std::string(name) + "'");
  const std::shared_ptr<const Index> index = listed->index;
  Change change;
  change.indexes = set->indexes();
  std::erase_if(change.indexes, [&](const auto& each) { return each.index == index; });
  forget_entries(*index, &change);
  change.deletions.push_back(definition_key(index->id()));
  ASHLAR_TRY(apply(std::move(change)));
  builder_->remove(index->id());
  return {};
}

Status IndexCatalogue::rebuild(std::string_view name) {
  ASHLAR_TRY(begin_change(true));
  IndexId id = 0;
  const Status begun = rebuild_within_change(name, &id);
  end_change();
  ASHLAR_TRY(begun);
  return wait_until_ready(name, id);
}

Status IndexCatalogue::rebuild_within_change(std::string_view name, IndexId* id) {
  const auto before = shared_set();
  const ListedIndex* const listed = before->find(name);
  if (listed == nullptr) return Status::not_found("no index '" + std::string(name) + "'");
  *id = listed->index->id();
  if (listed->state == IndexState::kBuilding) return {};
  ASHLAR_TRY(begin_anew(*listed));
  const auto after = shared_set();
  return resume_building(*after->find(name));
}

// --- Building --------------------------------------------------------------------------------

// Without entries, and to be built.
Status IndexCatalogue::begin_anew(const ListedIndex& listed) {
  IndexDefinition definition = listed.index->definition();
  definition.state = IndexState::kBuilding;
  definition.message.clear();
  if (const Collation* const collation = listed.index->collation()) {
    definition.collation_version = collation->version();
  }
  Change change;
  change.indexes = shared_set()->indexes();
  ListedIndex* const changed = find_id(&change.indexes, definition.id);
  forget_entries(*changed->index, &change);
  change.sets.emplace_back(definition_key(definition.id), definition.to_text());
  *changed = ListedIndex();
  ASHLAR_TRY_ASSIGN(changed->index, Index::make(std::move(definition)));
  return apply(std::move(change));
}

bool IndexCatalogue::is_building(IndexId id) const {
  const auto set = shared_set();
  return std::any_of(set->indexes().begin(), set->indexes().end(), [&](const auto& listed) {
    return listed.index->id() == id && listed.state == IndexState::kBuilding;
  });
}

Status IndexCatalogue::finish_building(IndexId id) {
  return end_building(id, {});
}

Status IndexCatalogue::fail_building(IndexId id, const Status& reason) {
  return end_building(id, reason);
}

Status IndexCatalogue::end_building(IndexId id, const Status& outcome) {
  ASHLAR_TRY(begin_change(false));
  const Status ended = end_building_within_change(id, outcome);
  end_change();
  if (ended.ok()) builder_->remove(id);
  return ended;
}

Status IndexCatalogue::end_building_within_change(IndexId id, const Status& outcome) {
  Change change;
  change.indexes = shared_set()->indexes();
  ListedIndex* const listed = find_id(&change.indexes, id);
  if (listed == nullptr) return {};  // dropped
  if (outcome.ok()) {
    listed->state = IndexState::kReady;
    change.made_ready = id;
    change.deletions.push_back(progress_key(id));
  } else {
    listed->state = IndexState::kFailed;
    const std::string_view message = outcome.message();
    listed->message = is_utf8(message) ? std::string(message) : printable(message);
    listed->failure = outcome.code();
    forget_entries(*listed->index, &change);
  }
  change.sets.emplace_back(definition_key(id), definition_now(*listed).to_text());
  return apply(std::move(change));
}

// --- Looking ---------------------------------------------------------------------------------

Result<std::vector<IndexInfo>> IndexCatalogue::list() const {
  std::vector<IndexInfo> infos;
  const auto set = shared_set();
  for (const ListedIndex& listed : set->indexes()) {
    IndexInfo info;
    info.name = listed.index->name();
    info.options = listed.index->options();
    info.state = listed.state;
    info.message = listed.message;
    if (const auto progress = builder_->progress(listed.index->id())) {
      info.documents_done = progress->documents_done;
      info.documents_total = std::max(progress->documents_total, progress->documents_done);
    }
    if (listed.state == IndexState::kReady) {
      ASHLAR_TRY_ASSIGN(info.entries, engine_.estimate_entries(listed.index->entries_begin(),
                                                               listed.index->entries_end()));
    }
    infos.push_back(std::move(info));
  }
  return infos;
}

}  // namespace ashlar
