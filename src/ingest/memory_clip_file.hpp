// A clip's file in memory that another process can be given. Runs in the ingest.
#pragma once

#include "base/fd.hpp"
#include "ingest/clip_recorder.hpp"

namespace sluice::ingest {

class MemoryClipFile final : public ClipFile {
 public:
  bool append(ByteView bytes) override;
  bool overwrite(std::size_t at, ByteView bytes) override;
  // No byte changes any more, whoever has the descriptor. Owns nothing if there was no memory.
  UniqueFd finish();

 private:
  UniqueFd fd_;
  std::size_t size_ = 0;
};

}  // namespace sluice::ingest
