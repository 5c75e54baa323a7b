#include "wire/codec_swim.h"

#include <cstdint>
#include <vector>

#include <flatbuffers/buffer.h>

#include "base/ids.h"
#include "message/peer_state.h"
#include "message/swim_messages.h"
#include "peer_generated.h"
#include "wire/field_reader.h"
#include "wire/field_writer.h"

namespace starling {

flatbuffers::Offset<wire::SwimMessage> write_table(Builder& builder, const SwimMessage& message) {
  std::vector<wire::Rumour> rumours;
  rumours.reserve(message.rumours.size());
  for (const Rumour& rumour : message.rumours) {
    rumours.emplace_back(rumour.subject.value, rumour.incarnation.start, rumour.accuser.value,
                         rumour.incarnation.refutations, static_cast<std::uint8_t>(rumour.state));
  }
  const auto column = write_structs(builder, rumours);
  return wire::CreateSwimMessage(builder, static_cast<std::uint8_t>(message.kind), message.number,
                                 message.subject.value, message.sender.start,
                                 message.sender.refutations, column);
}

SwimMessage read_table(FieldReader& reader, const wire::SwimMessage& table) {
  SwimMessage message{.kind = reader.enumerator(table.kind(), SwimKind::Nack, "kind"),
                      .number = table.number(),
                      .subject = NodeId{table.subject()},
                      .sender = {.start = table.start(), .refutations = table.refutations()},
                      .rumours = {}};
  reader.require(message.sender.start > 0, "start", "none");
  for (const wire::Rumour& rumour :
       reader.structs(table.rumours(), kRumoursPerMessage, "rumours")) {
    message.rumours.push_back(
        {.subject = NodeId{rumour.subject()},
         .state = reader.enumerator(rumour.state(), PeerState::Down, "rumours.state"),
         .incarnation = {.start = rumour.start(), .refutations = rumour.refutations()},
         .accuser = NodeId{rumour.accuser()}});
  }
  return message;
}

}  // namespace starling
