// Which build the programs of the folder other-build are. Takes the place of the definition in sluice::base.
#include "base/version.hpp"

namespace sluice {
const char* const kBuildId = "0.1.0+another-build";
}  // namespace sluice
