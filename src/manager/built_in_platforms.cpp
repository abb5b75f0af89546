// platforms/platforms.json as bytes of the program. CMake compiles this again when that file changes. Runs in
// the manager.
#include "manager/platforms.hpp"

asm(".section .rodata.sluice_platforms,\"a\"\n"
    ".global sluice_platforms\n"
    ".global sluice_platforms_end\n"
    "sluice_platforms:\n"
    ".incbin \"" SLUICE_PLATFORMS_FILE
    "\"\n"
    "sluice_platforms_end:\n"
    ".byte 0\n"
    ".text\n");

extern "C" {
extern const char sluice_platforms[];
extern const char sluice_platforms_end[];
}

namespace sluice::manager {

std::string_view built_in_platforms() {
  return {sluice_platforms, static_cast<std::size_t>(sluice_platforms_end - sluice_platforms)};
}

}  // namespace sluice::manager
