// Serving the embedded page. Runs in the manager.
#include "manager/assets.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace sluice::manager {
namespace {

// Scripts, styles and data only from us; nobody may frame the page (clickjacking on the switches).
// A preview plays from a blob: that a script of ours fills (Media Source Extensions).
constexpr const char* kContentSecurityPolicy =
    "default-src 'self'; img-src 'self' data:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; "
    "frame-ancestors 'none'";

constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kTypes{{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".map", "application/json"},
}};

std::string_view type_of(std::string_view path) {
  const auto found =
      std::ranges::find_if(kTypes, [path](const auto& entry) { return path.ends_with(entry.first); });
  return found == kTypes.end() ? "application/octet-stream" : found->second;
}

// The two views have addresses of their own; everything else is asked for by its name.
std::string_view page_or_file(std::string_view path) {
  if (path == "/") return "/index.html";
  if (path == "/dock") return "/dock.html";
  return path;
}

}  // namespace

std::optional<http::Response> serve_asset(const http::Request& request) {
  const std::string_view path = page_or_file(request.path());
  const auto assets = web_assets();
  const auto found = std::ranges::find(assets, path, &Asset::path);
  if (found == assets.end()) return std::nullopt;

  http::Response response;
  response.content_type = type_of(path);
  // Vite puts a hash of the content into the names below /assets/.
  const bool immutable = path.starts_with("/assets/");
  response.headers = {{"Cache-Control", immutable ? "public, max-age=31536000, immutable" : "no-store"},
                      {"Content-Security-Policy", kContentSecurityPolicy},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"},
                      {"Vary", "Accept-Encoding"}};
  const auto accepted = http::find_header(request.headers, "accept-encoding");
  const bool gzip = accepted && accepted->find("gzip") != std::string_view::npos &&
                    accepted->find("gzip;q=0") == std::string_view::npos && !found->gzip.empty();
  if (gzip) response.headers.emplace_back("Content-Encoding", "gzip");
  response.body = std::string(gzip ? found->gzip : found->bytes);
  return response;
}

}  // namespace sluice::manager
