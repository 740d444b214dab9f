#include "support/model.h"

#include <algorithm>
#include <utility>

namespace ashlar {

std::string make(const ModelValue& value) {
  if (const auto* recipe = std::get_if<Recipe>(&value)) return recipe->make();
  return std::get<std::string>(value);
}

Liveness Model::Version::liveness(const TimeSpan& read) const {
  if (!present || read.first_ms >= expires.last_ms) return Liveness::kDead;
  return read.last_ms < expires.first_ms ? Liveness::kLive : Liveness::kUnknown;
}

void Model::set(const std::string& key, ModelValue value, TimeSpan expires) {
  append(map_[key], Version{moment_, true, std::move(value), expires});
}

void Model::del(const std::string& key) {
  const auto found = map_.find(key);
  if (found == map_.end()) return;
  append(found->second, Version{moment_, false, {}, kNever});
  if (found->second.size() == 1) map_.erase(found);
}

void Model::del_range(const std::string& from, const std::string& to) {
  auto at = map_.lower_bound(from);
  while (at != map_.end() && (to.empty() || at->first < to)) {
    append(at->second, Version{moment_, false, {}, kNever});
    at = at->second.size() == 1 ? map_.erase(at) : std::next(at);
  }
}

void Model::release(Moment moment) {
  held_.erase(held_.find(moment));
  for (auto at = map_.begin(); at != map_.end();) {
    prune(at->second);
    const bool gone = at->second.size() == 1 && !at->second.back().present;
    at = gone ? map_.erase(at) : std::next(at);
  }
}

const Model::Version* Model::newest(const Versions& versions, Moment moment) {
  for (auto at = versions.rbegin(); at != versions.rend(); ++at) {
    if (at->written <= moment) return &*at;
  }
  return nullptr;
}

const Model::Version* Model::find(const std::string& key, Moment moment) const {
  const auto found = map_.find(key);
  return found == map_.end() ? nullptr : newest(found->second, moment);
}

Liveness Model::liveness(const std::string& key, Moment moment, const TimeSpan& read) const {
  const Version* version = find(key, moment);
  return version == nullptr ? Liveness::kDead : version->liveness(read);
}

void Model::append(Versions& versions, Version version) {
  if (!versions.empty() && versions.back().written == version.written) versions.pop_back();
  versions.push_back(std::move(version));
  prune(versions);
}

void Model::prune(Versions& versions) const {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const bool last = i + 1 == versions.size();
    if (!last && !needed(versions[i], versions[i + 1])) continue;
    // A deletion in front of everything else says no more than nothing does.
    if (!last && kept == 0 && !versions[i].present) continue;
    if (kept != i) versions[kept] = std::move(versions[i]);
    ++kept;
  }
  versions.resize(kept);
}

bool Model::needed(const Version& version, const Version& successor) const {
  const auto at = held_.lower_bound(version.written);
  return at != held_.end() && *at < successor.written;
}

}  // namespace ashlar
