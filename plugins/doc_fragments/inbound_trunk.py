# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from ansible_collections.didww.voice.plugins.doc_fragments.fleet import listed


class ModuleDocFragment:
    """The options that select an inbound trunk, and its settings."""

    DOCUMENTATION = r"""
options:
  id:
    description:
      - The id (UUID) of the trunk. O(id), O(external_reference_id) or O(name) selects the trunk, and one of them is
        required. If more than one is set, the first in this order selects the trunk, and the others are settings.
    type: str
  external_reference_id:
    description: An identifier from a system of your own, at most 100 characters. V(null) clears it.
    type: str
  name: {type: str, description: "The exact name of the trunk. Inbound trunks and trunk groups share their names."}
  description: {type: str, description: "A text of your own. V(null) or an empty string clears it."}
  priority: {type: int, description: "Its priority in a trunk group, from 0 to 65535. The lowest is used first."}
  weight:
    description: Its share of the calls among trunks of a group with the same priority, from 0 to 65535.
    type: int
  capacity_limit:
    description: The maximum number of simultaneous calls, from 1 to 32767. V(null) removes the limit.
    type: int
  cli_format:
    description: The format of the caller ID (CLI). V(null) is rejected, because DIDWW stores V(e164) for it.
    type: str
    choices: [e164, local, raw]
  cli_prefix:
    description: A prefix of the caller ID, at most 7 letters, digits, V(+) and V(#). V(null) clears it.
    type: str
  ringing_timeout:
    description: How long it rings, from 1 to 32 seconds. V(null) sets the default of DIDWW.
    type: int
  configuration:
    description:
      - Where the calls go. Only the attributes that you set are compared and sent. The others keep their values.
      - The type of a trunk cannot be changed. A type that this collection does not know can only be given back.
      - DIDWW's numbers have words here, and its names lose their C(_id). A number that this collection does not know
        is returned as it is, and can only be given back.
      - With O(api_version=2026-11-19), O(configuration.codecs), O(configuration.transport_protocol),
        O(configuration.rx_dtmf_format), O(configuration.tx_dtmf_format), O(configuration.sst_refresh_method) and
        O(configuration.rerouting_disconnect_codes) are neither returned nor accepted.
    type: dict
    suboptions:
      type:
        description:
          - V(sip_configurations) sends the calls to a SIP server, V(pstn_configurations) to a telephone number.
        type: str
        required: true
      host:
        description:
          - A host name or an IP address. Required unless O(configuration.enabled_sip_registration=true), which clears
            it.
        type: str
      port: {type: int, description: "The port, from 1 to 65535. V(null) looks it up in DNS."}
      username:
        description: The user part of the request URI. C({DID}) in it, in quotes for YAML, becomes the number.
        type: str
      transport_protocol: {type: str, choices: [udp, tcp, tls], description: "The transport of SIP."}
      network_protocol_priority:
        description: Which IP version is used.
        type: str
        choices: [force_ipv4, force_ipv6, any, prefer_ipv4, prefer_ipv6]
      resolve_ruri: {type: bool, description: "Whether the host in the request URI is replaced by its address."}
      use_did_in_ruri:
        description: Whether the request URI has the number. Only for a trunk that registers.
        type: bool
      codecs:
        description:
          - The codecs in the order of preference, such as V(pcma), V(pcmu) and V(telephone_event). Required for a new
            SIP trunk. Without V(telephone_event), no DTMF arrives as RFC 2833.
        type: list
        elements: str
      rx_dtmf_format:
        description: How DTMF is received.
        type: str
        choices: [rfc_2833, sip_info, rfc_2833_or_sip_info]
      tx_dtmf_format:
        description: How DTMF is sent.
        type: str
        choices: [disabled, rfc_2833, sip_info_dtmf_relay, sip_info_dtmf]
      auth_enabled:
        description:
          - Whether DIDWW authenticates to your server. It requires a user and a password. V(false) clears both.
        type: bool
      auth_user: {type: str, description: "The user of that authentication."}
      auth_password:
        description:
          - The password of that authentication. It is compared, but never returned. Differences show asterisks.
        type: str
      auth_from_user: {type: str, description: "What replaces the caller in the From header. V(null) clears it."}
      auth_from_domain: {type: str, description: "The domain in the From header. V(null) clears it."}
      enabled_sip_registration:
        description:
          - Whether your server registers at DIDWW, which generates a username and a password for it. V(true) clears
            host and port. To change it to V(false), set a host.
        type: bool
      sst_enabled: {type: bool, description: "Whether session timers (RFC 4028) are used. They require both timers."}
      sst_min_timer: {type: int, description: "The minimum session timer in seconds, at most the maximum."}
      sst_max_timer: {type: int, description: "The maximum session timer in seconds."}
      sst_session_expires: {type: int, description: "The session timer in seconds, between the two."}
      sst_refresh_method:
        description: How sessions are refreshed.
        type: str
        choices: [invite, update, update_fallback_invite]
      sst_accept_501: {type: bool, description: "Whether the answer 501 to a refresh is no failure."}
      sip_timer_b: {type: int, description: "The SIP timer B, from 1000 to 64000 milliseconds."}
      dns_srv_failover_timer:
        description: When the next server is tried, in milliseconds, at most the SIP timer B.
        type: int
      rtp_ping: {type: bool, description: "Whether RTP packets are sent to keep the media path open."}
      rtp_timeout: {type: int, description: "After how many seconds without media a call ends, from 5 to 600."}
      force_symmetric_rtp: {type: bool, description: "Whether media is sent to where it comes from."}
      symmetric_rtp_ignore_rtcp: {type: bool, description: "Whether RTCP is ignored for that."}
      allowed_rtp_ips:
        description: The addresses and networks that may send media, at most 10. V(null) removes the restriction.
        type: list
        elements: str
      media_encryption_mode:
        description: The encryption of media.
        type: str
        choices: [disabled, srtp_sdes, srtp_dtls, zrtp]
      stir_shaken_mode:
        description: Which STIR/SHAKEN headers are passed on.
        type: str
        choices: [disabled, original, pai, original_pai, verstat]
      diversion_relay_policy:
        description: How Diversion headers are passed on.
        type: str
        choices: [none, as_is, sip, tel]
      diversion_inject_mode:
        description: Whether a Diversion header is added.
        type: str
        choices: [none, did_number]
      cnam_lookup:
        description: Whether the name of the caller is looked up, for calls from the USA. DIDWW may charge for it.
        type: bool
      max_transfers: {type: int, description: "How many transfers (REFER) are accepted, from 0 to 8."}
      max_30x_redirects: {type: int, description: "How many redirects (30x) are followed, from 0 to 8."}
      rerouting_disconnect_codes:
        description:
          - The SIP codes after which the next trunk is tried, such as V(404) and V(480), and V(ringing_timeout).
            V(null) clears them.
        type: list
        elements: str
      dst:
        description: For V(pstn_configurations), the number in E.164, digits only. DIDWW charges for each minute.
        type: str
  pop:
    description:
      - The point of presence (POP) that sends the calls, by id or exact name. V(null) lets DIDWW choose.
      - With O(api_version=2026-11-19), it is neither returned nor accepted.
    type: str
  voice_in_trunk_group:
    description: The trunk group that the trunk belongs to, by id or exact name. V(null) takes it out of its group.
    type: str
  state:
    description:
      - V(existing) updates the trunk. It is an error if the trunk does not exist.
      - V(present) creates the trunk if it does not exist. A new trunk requires O(name) and O(configuration).
      - V(absent) deletes the trunk if it exists. It is an error if numbers point to it, or if it is in a trunk group.
        With O(voice_in_trunk_group) set to V(null), it leaves its group first.
    type: str
    choices: [existing, present, absent]
    default: existing
"""
    TRUNKS: str = listed(DOCUMENTATION, "trunks", "The trunks, each with the options of M(didww.voice.voice_in_trunk).")
