// Which codecs a platform says that it takes: the lists that Enhanced RTMP puts into the answer to connect
// (fourCcList, videoFourCcInfoMap, audioFourCcInfoMap). Sans-I/O; runs in a relay.
#pragma once

#include <string>
#include <vector>

#include "media/inspect.hpp"
#include "rtmp/command.hpp"

namespace sluice::rtmp {

class AcceptedCodecs {
 public:
  // `answer` is the _result to connect; the lists are taken from whichever of its objects has them.
  void read(const Command& answer);

  // False only if a list names codecs of the same kind (video or audio) but neither this one nor "*". H.264,
  // AAC, MP3 and what we do not know are never left out: they need no Enhanced RTMP, or nobody can tell.
  bool include(media::Codec codec) const;

 private:
  std::vector<std::string> video_;
  std::vector<std::string> audio_;
};

}  // namespace sluice::rtmp
