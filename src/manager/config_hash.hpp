// The keyed hash by which a running child's configuration is compared with the wanted one without storing or
// showing it. Runs in the manager.
#pragma once

#include <string>

#include "manager/model.hpp"

namespace sluice::manager {

// Over everything a relay is configured with, and not over what it is told while it runs (hold.hpp); 32
// hexadecimal digits. `key` is the store's hash_key().
std::string config_hash(const Stream& stream, const Secret& key);
// Over everything an ingest is configured with: every source's id, app and key, and who may play.
std::string config_hash(const Sources& sources, bool play_from_anywhere, const Secret& key);

}  // namespace sluice::manager
