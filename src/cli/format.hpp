// What `sluice` prints: tables and sentences from the JSON of sluiced. Pure. Runs in the command line.
//
// Names and texts that come from elsewhere are printed without control characters, so that nobody who can
// name a stream, or run a platform, can play with the terminal. The language is that of the reasons,
// countdowns and tests of servers; all else is English so far.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/reasons.hpp"

namespace sluice::cli {

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

std::string printable(std::string_view text);
std::string bitrate(std::uint64_t kbps);               // "850 kbit/s", "6.2 Mbit/s"
std::string duration(std::chrono::milliseconds time);  // "0:07", "12:05", "1:02:03"; never negative

// RFC 3339 in UTC, as sluiced writes it; the epoch for anything else.
WallTime parse_time(std::string_view text);

// The whole of `sluice status`: `sources` and `streams` are arrays as the API gives them.
std::string status_table(const nlohmann::json& sources, const nlohmann::json& streams, WallTime now,
                         Language language);

// One line about one stream: "3  YouTube: trying again, the platform did not answer (next try in 8 s)".
std::string stream_line(const nlohmann::json& stream, WallTime now, Language language);
// How a stream holds: "stream 3 YouTube: holds for 5:00, ends 0:10 after a stop, silence: auto".
std::string hold_line(const nlohmann::json& stream);
std::string source_line(const nlohmann::json& source, Language language);
// A source's clip, as a sentence without its full stop: "ready, 10.4 s", "recording, 3 s of 10 s"; empty:
// there is none.
std::string clip_text(const nlohmann::json& clip, Language language);

// One step of a test of a server: "✓ Connection: 192.0.2.1:443 (23 ms)", "✗ Encryption: The server's
// certificate …".
std::string probe_line(const nlohmann::json& step, Language language);
std::string_view probe_failed(Language language);

// An entry of the event log: when, and what: "stream 3 YouTube: trying again, the platform did not answer".
WallTime log_time(const nlohmann::json& entry);
std::string log_line(const nlohmann::json& entry, Language language);

// Of a problem document (or whatever came instead of one): title, detail and the field that is wrong.
std::string problem_text(int status, std::string_view body, Language language);

}  // namespace sluice::cli
