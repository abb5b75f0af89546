// Makes of a recording what a platform gets when its source goes away and comes back: the recording up to
// some picture, a hold of it, and the recording again from a later key frame on, in one timeline.
//
// Prints a line of JSON about the hold. Ends with 3 when no hold pictures can be made of the recording.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "media/flv.hpp"
#include "media/hold_pictures.hpp"
#include "media/inspect.hpp"
#include "media/silence.hpp"

namespace sluice::tools {
namespace {

using media::MessageKind;

struct Options {
  std::string input;
  std::string output;
  std::size_t cut = 0;       // pictures of the recording before the hold
  std::size_t hold = 0;      // pictures of the hold
  double rate = 30;          // pictures a second
  std::size_t interval = 0;  // pictures from one key frame of the hold to the next
};

struct Message {
  MessageKind kind = MessageKind::kData;
  std::uint32_t time_ms = 0;
  Bytes payload;
  media::Traits traits;

  std::int64_t shown_ms() const { return std::int64_t{time_ms} + traits.composition_ms; }
  bool is_picture() const { return kind == MessageKind::kVideo && !traits.is_sequence_header; }
  bool is_sound() const { return kind == MessageKind::kAudio && !traits.is_sequence_header; }
};

[[noreturn]] void fail(int code, std::string_view why) {
  fmt::print(stderr, "hold_splice: {}\n", why);
  std::exit(code);
}

std::vector<Message> read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const Bytes bytes{std::istreambuf_iterator<char>(file), {}};
  media::FlvReader reader;
  reader.feed(bytes);
  std::vector<Message> messages;
  for (;;) {
    const auto next = reader.next();
    if (!next) fail(2, sentence(next.error()));
    if (!*next) return messages;
    const media::MessageView& view = **next;
    const auto traits = media::inspect(view);
    if (traits.is_end_of_sequence || traits.is_empty) continue;
    messages.push_back(
        {view.kind, view.timestamp_ms, Bytes(view.payload.begin(), view.payload.end()), traits});
  }
}

Bytes body_of(const Message& message) {
  const ByteView body = media::media_body({message.kind, message.time_ms, message.payload});
  return Bytes(body.begin(), body.end());
}

// What was live when the source went away.
struct Live {
  Bytes video_header;
  Bytes audio_header;
  std::optional<Message> key_frame;
  bool ends_with_key_frame = false;
  std::uint32_t picture_ms = 0;
  std::int64_t shown_ms = 0;
  std::uint32_t sound_ms = 0;

  void add(const Message& message) {
    if (message.traits.is_sequence_header) {
      (message.kind == MessageKind::kVideo ? video_header : audio_header) = body_of(message);
    } else if (message.is_picture()) {
      picture_ms = message.time_ms;
      shown_ms = std::max(shown_ms, message.shown_ms());
      ends_with_key_frame = message.traits.is_key_frame;
      if (ends_with_key_frame) key_frame = message;
    } else if (message.is_sound()) {
      sound_ms = message.time_ms;
    }
  }
};

class Splice {
 public:
  Splice(const Options& options, std::vector<Message> recording)
      : options_(options), recording_(std::move(recording)) {}

  void run() {
    const std::size_t position = play_to_the_cut();
    hold();
    resume(position);
    write();
    fmt::print("{}\n", report_.dump());
  }

 private:
  std::size_t play_to_the_cut() {
    std::size_t position = 0;
    for (std::size_t pictures = 0; pictures < options_.cut && position < recording_.size(); ++position) {
      live_.add(recording_[position]);
      out_.push_back(recording_[position]);
      pictures += recording_[position].is_picture() ? 1 : 0;
    }
    if (!live_.key_frame) fail(2, "there is no key frame before the cut");
    return position;
  }

  void hold() {
    const auto pictures = media::HoldPictures::from(live_.video_header, body_of(*live_.key_frame));
    if (!pictures) fail(3, "no hold pictures can be made of this");
    const std::int64_t composition = live_.key_frame->traits.composition_ms;
    const auto distance = std::llround(1000 / options_.rate);
    // Shown behind everything that was shown, also where the order of pictures had been changed.
    const std::int64_t start = std::max(live_.picture_ms + distance, live_.shown_ms + distance - composition);
    // Two key frames with nothing between them would be unlawful.
    std::size_t number = live_.ends_with_key_frame ? 1 : 0;
    std::size_t count = 0;
    std::size_t most_bytes = 0;
    std::size_t least_bytes = SIZE_MAX;
    for (; count < options_.hold || number == 1; ++count) {
      const Bytes body =
          number == 0 ? pictures->key_frame() : pictures->skipped(static_cast<std::uint32_t>(number));
      if (number > 0) most_bytes = std::max(most_bytes, body.size());
      if (number > 0) least_bytes = std::min(least_bytes, body.size());
      add_picture(start + time_of(count), number == 0, body);
      number = (number + 1) % options_.interval;
    }
    resume_ms_ = static_cast<std::uint32_t>(start + time_of(count));
    report_ = {
        {"key_frame_pts", live_.key_frame->shown_ms()},         {"first_pts", start + composition},
        {"last_pts", start + time_of(count - 1) + composition}, {"pictures", count},
        {"key_frame_bytes", pictures->key_frame().size()},      {"skipped_bytes", {least_bytes, most_bytes}}};
  }

  std::int64_t time_of(std::size_t picture) const {
    return std::llround(static_cast<double>(picture) * 1000 / options_.rate);
  }

  void add_picture(std::int64_t time_ms, bool is_key_frame, const Bytes& body) {
    Message message{MessageKind::kVideo, static_cast<std::uint32_t>(time_ms), {}, {}};
    append_u8(message.payload, is_key_frame ? 0x17 : 0x27);
    append_u8(message.payload, 1);
    append_be24(message.payload, static_cast<std::uint32_t>(live_.key_frame->traits.composition_ms));
    append(message.payload, body);
    out_.push_back(std::move(message));
  }

  // From the first key frame behind `position` on, moved to where the hold ended.
  void resume(std::size_t position) {
    const auto key_frame = std::find_if(
        recording_.begin() + static_cast<std::ptrdiff_t>(position), recording_.end(),
        [](const Message& message) { return message.is_picture() && message.traits.is_key_frame; });
    if (key_frame == recording_.end()) fail(2, "there is no key frame behind the cut");
    const std::uint32_t left_out = key_frame->time_ms;
    const auto later_sound = std::find_if(key_frame, recording_.end(), [left_out](const Message& message) {
      return message.is_sound() && message.time_ms >= left_out;
    });
    add_silence(later_sound == recording_.end() ? resume_ms_ : resume_ms_ + later_sound->time_ms - left_out);
    for (auto message = key_frame; message != recording_.end(); ++message) {
      if (message->kind == MessageKind::kData || message->time_ms < left_out) continue;
      out_.push_back(*message);
      out_.back().time_ms = message->time_ms - left_out + resume_ms_;
    }
  }

  void add_silence(std::uint32_t end_ms) {
    if (live_.audio_header.empty()) return;
    const auto silence = media::silence_for(live_.audio_header);
    if (!silence) fail(3, "no silence can be made for this sound");
    for (std::uint64_t frame = 1;; ++frame) {
      const std::uint64_t samples = frame * media::kAacFrameSamples;
      const std::uint64_t time_ms =
          live_.sound_ms + (samples * 1000 + silence->sample_rate / 2) / silence->sample_rate;
      if (time_ms >= end_ms) return;
      Message message{MessageKind::kAudio, static_cast<std::uint32_t>(time_ms), {0xAF, 1}, {}};
      append(message.payload, silence->frame);
      out_.push_back(std::move(message));
    }
  }

  void write() {
    std::vector<std::size_t> order(out_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [this](std::size_t i) { return std::pair(out_[i].time_ms, i); });
    Bytes bytes;
    media::append_flv_header(bytes, !live_.audio_header.empty(), true);
    for (const std::size_t i : order) {
      media::append_flv_tag(bytes, {out_[i].kind, out_[i].time_ms, out_[i].payload});
    }
    std::ofstream file(options_.output, std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) fail(2, "the output cannot be written");
  }

  Options options_;
  std::vector<Message> recording_;
  Live live_;
  std::vector<Message> out_;
  std::uint32_t resume_ms_ = 0;
  nlohmann::json report_;
};

int run(int argc, char** argv) {
  Options options;
  CLI::App app{"Puts a hold into a recording."};
  app.add_option("input", options.input, "FLV with H.264 and AAC")->required();
  app.add_option("output", options.output, "FLV")->required();
  app.add_option("--cut", options.cut, "Pictures before the hold")->required()->check(CLI::PositiveNumber);
  app.add_option("--hold", options.hold, "Pictures of the hold")->required()->check(CLI::PositiveNumber);
  app.add_option("--rate", options.rate, "Pictures a second")->required()->check(CLI::PositiveNumber);
  app.add_option("--interval", options.interval, "Pictures between key frames of the hold")
      ->required()
      ->check(CLI::Range(2, 100000));
  CLI11_PARSE(app, argc, argv);
  Splice(options, read(options.input)).run();
  return 0;
}

}  // namespace
}  // namespace sluice::tools

int main(int argc, char** argv) {
  return sluice::tools::run(argc, argv);
}
