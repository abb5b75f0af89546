// The text format of Prometheus. Runs in the manager.
#include "manager/metrics.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <utility>
#include <vector>

#include "base/version.hpp"

namespace sluice::manager {
namespace {

using Labelled = std::pair<std::string, StreamStatus>;

void head(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

template <typename Value>
void stream_family(std::string& out, const std::vector<Labelled>& streams, std::string_view name,
                   std::string_view type, std::string_view help, Value value) {
  head(out, name, type, help);
  for (const auto& [labels, status] : streams) {
    fmt::format_to(std::back_inserter(out), "{}{{{}}} {}\n", name, labels, value(status));
  }
}

void stream_counters(std::string& out, const std::vector<Labelled>& streams) {
  struct Family {
    const char* name;
    const char* type;
    const char* help;
    std::uint64_t StreamStats::* field;
  };
  static constexpr std::array<Family, 9> kFamilies{{
      {"sluice_stream_sent_bytes_total", "counter", "Bytes of media sent since the stream was switched on.",
       &StreamStats::sent_bytes},
      {"sluice_stream_sent_kbps", "gauge", "Bitrate at which the stream is being sent, in kbit/s.",
       &StreamStats::sent_kbps},
      {"sluice_stream_behind_ms", "gauge", "How far sending is behind the source, in milliseconds.",
       &StreamStats::behind_ms},
      {"sluice_stream_rtt_us", "gauge", "Round-trip time to the platform, in microseconds.",
       &StreamStats::rtt_us},
      {"sluice_stream_retransmits_total", "counter", "TCP segments sent again.", &StreamStats::retransmits},
      {"sluice_stream_dropped_video_total", "counter",
       "Video messages left out because the platform was too slow.", &StreamStats::dropped_video},
      {"sluice_stream_dropped_audio_total", "counter",
       "Audio messages left out because the platform was too slow.", &StreamStats::dropped_audio},
      {"sluice_stream_reconnects_total", "counter", "Sessions with the platform after the first one.",
       &StreamStats::reconnects},
      {"sluice_stream_restarts_total", "counter", "Relay processes that had to be replaced.",
       &StreamStats::restarts},
  }};
  for (const Family& family : kFamilies) {
    stream_family(out, streams, family.name, family.type, family.help,
                  [&](const StreamStatus& status) { return status.stats.*family.field; });
  }
}

void source_families(std::string& out, const Store& store, const Supervisor& supervisor) {
  std::string publishing;
  std::string video;
  std::string audio;
  for (const auto& [id, source] : store.sources()) {
    const control::SourceFacts facts = supervisor.facts(id);
    const std::string labels = fmt::format("id=\"{}\",name=\"{}\"", id, escape_label(source.name));
    fmt::format_to(std::back_inserter(publishing), "sluice_source_publishing{{{}}} {}\n", labels,
                   facts.state == "publishing" ? 1 : 0);
    fmt::format_to(std::back_inserter(video), "sluice_source_video_kbps{{{}}} {}\n", labels,
                   facts.video_kbps);
    fmt::format_to(std::back_inserter(audio), "sluice_source_audio_kbps{{{}}} {}\n", labels,
                   facts.audio_kbps);
  }
  head(out, "sluice_source_publishing", "gauge", "1 while somebody publishes to the source.");
  out += publishing;
  head(out, "sluice_source_video_kbps", "gauge", "Bitrate of the source's video, in kbit/s.");
  out += video;
  head(out, "sluice_source_audio_kbps", "gauge", "Bitrate of the source's audio, in kbit/s.");
  out += audio;
}

}  // namespace

std::string escape_label(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string metrics(const Store& store, const Supervisor& supervisor) {
  std::vector<Labelled> streams;
  for (const auto& [id, stream] : store.streams()) {
    streams.emplace_back(
        fmt::format("id=\"{}\",name=\"{}\",platform=\"{}\"", id, escape_label(stream.name), stream.platform),
        supervisor.status(stream));
  }
  std::string out;
  head(out, "sluice_info", "gauge", "The version that runs.");
  fmt::format_to(std::back_inserter(out), "sluice_info{{version=\"{}\"}} 1\n", kVersion);
  head(out, "sluice_rtmp_listening", "gauge", "1 while publishers are being taken.");
  fmt::format_to(std::back_inserter(out), "sluice_rtmp_listening {}\n", supervisor.listening() ? 1 : 0);
  head(out, "sluice_stream_state", "gauge", "1 for the state a stream is in.");
  for (const auto& [labels, status] : streams) {
    fmt::format_to(std::back_inserter(out), "sluice_stream_state{{{},state=\"{}\"}} 1\n", labels,
                   control::to_string(status.state));
  }
  stream_family(
      out, streams, "sluice_stream_holding", "gauge",
      "1 while the platform's session is kept open for a source that is away.",
      [](const StreamStatus& status) { return status.state == control::StreamState::kHolding ? 1 : 0; });
  stream_family(
      out, streams, "sluice_stream_hold_end_timestamp_seconds", "gauge",
      "When the show of a holding stream is ended, in seconds since the epoch; 0: it is not.",
      [](const StreamStatus& status) { return static_cast<double>(status.hold_until_ms) / 1000.0; });
  stream_counters(out, streams);
  source_families(out, store, supervisor);
  return out;
}

}  // namespace sluice::manager
