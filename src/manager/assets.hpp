// The page, embedded into the program. Runs in the manager.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "http/types.hpp"

namespace sluice::manager {

struct Asset {
  std::string_view path;  // "/assets/index.js"
  std::string_view bytes;
  std::string_view gzip;  // the same, compressed
};

// Every file of web/dist; a built-in sentence when the page was not built. Generated (embed_assets.cmake).
std::span<const Asset> web_assets();

// nullopt: no such file.
std::optional<http::Response> serve_asset(const http::Request& request);

}  // namespace sluice::manager
