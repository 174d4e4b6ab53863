// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Who may act: organisations, their keys, and the registrars' quorum.
interface IMembership {
    enum Purpose {
        None,
        Account,
        Instrument,
        Inspector,
        Witness,
        Encryption,
        Fingerprint
    }

    struct Organisation {
        uint8 roles; // bit set: 1 enterprise, 2 lender, 4 inspector, 8 witness, 16 auditor, 32 registrar
        bool suspended; // opens nothing new; may still close, release, revoke
        uint64 admittedAt; // block time of admission, seconds; zero if unknown
    }

    struct Key {
        bytes32 org; // never changes once set
        uint64 validFrom; // block time, inclusive
        uint64 validUntil; // block time, exclusive; only ever shortened by the owner, final once past
        Purpose purpose; // never changes once set
    }

    struct Electorate {
        uint32 quorum; // votes that execute a call
        uint32 registrars; // organisations with the role that are not suspended; never below `quorum`
        uint64 epoch; // raised whenever pending votes lapse
    }

    /// @dev `org == keccak256(bytes(identifier))`; `aliases` are other legal numbers of the same legal person.
    event OrganisationSet(
        bytes32 indexed org, string identifier, string name, string[] aliases, uint8 roles, bool suspended
    );
    event KeySet(
        bytes32 indexed keyId,
        bytes32 indexed org,
        uint64 validFrom,
        uint64 validUntil,
        Purpose purpose,
        bytes publicKey
    );
    event KeyRevoked(bytes32 indexed keyId, bytes32 indexed org, uint64 validUntil);
    event Confirmed(bytes32 indexed callId, bytes32 indexed registrar, uint256 nonce, bytes call);
    event Executed(bytes32 indexed callId);
    event QuorumSet(uint32 quorum);
    event PausedSet(address indexed registry, bool paused);
    /// @dev From here `registry` opens nothing, for ever, and `successor` may.
    event SuccessorSet(address indexed registry, address indexed successor);

    error NotActive(address account, uint8 role);
    error NotQuorum();
    error AlreadyConfirmed(bytes32 callId, bytes32 registrar);
    error AlreadyExecuted(bytes32 callId);
    error KeyBelongsToAnother(bytes32 keyId, bytes32 org);
    error KeyEnded(bytes32 keyId, uint64 validUntil);
    /// @dev No purpose or another than before, an empty interval, or an id that is not that of the public key.
    error BadKey(bytes32 keyId);
    error BadIdentifier(string identifier);
    error BadRoles(uint8 roles);
    error UnknownOrganisation(bytes32 org);
    error RegistryPaused(address registry);
    error RegistrySucceeded(address registry, address successor);
    error BadSuccessor(address registry, address successor);
    error BadElectorate(uint256 identifiers, uint256 accounts);
    error BadQuorum(uint256 quorum, uint256 registrars);

    /// @notice A registrar organisation's vote for one call on this contract; the M-th vote executes it, once for each
    /// nonce. Votes lapse when the set of registrars, one of their existing accounts or the quorum changes.
    function confirm(bytes calldata call, uint256 nonce) external returns (bool executed);

    /// @notice Quorum only. Admits or changes; the id is derived from `identifier`, so one legal number is one
    /// organisation.
    function setOrganisation(
        string calldata identifier,
        string calldata name,
        string[] calldata aliases,
        uint8 roles,
        bool suspended
    ) external returns (bytes32 org);

    /// @notice Quorum only. `keyId` is the account (then `publicKey` is empty), or keccak256(publicKey) for other
    /// purposes. A key that has ended stays ended.
    // slither-disable-next-line shadowing-local
    function setKey(bytes32 keyId, Key calldata key, bytes calldata publicKey) external;

    /// @notice Quorum only.
    function setQuorum(uint32 quorum) external;

    /// @notice Quorum only. A paused registry opens nothing new; closing acts go on.
    function setPaused(address registry, bool paused) external;

    /// @notice Quorum only. Pauses `registry` for good and names the one contract that may go on from its state.
    function setSuccessor(address registry, address successor) external;

    /// @notice Any valid account of the owning organisation ends one of its keys now.
    function revokeKey(bytes32 keyId) external;

    /// @notice Organisation of an active account holding one of the roles in the mask `role`; reverts otherwise, or
    /// while the calling registry is paused.
    function opener(address account, uint8 role) external view returns (bytes32 org);

    /// @notice Organisation of a valid account, whether or not the organisation is suspended or the registry paused.
    function closer(address account) external view returns (bytes32 org);

    function organisation(bytes32 org) external view returns (Organisation memory);

    function key(bytes32 keyId) external view returns (Key memory);

    function electorate() external view returns (Electorate memory);

    /// @notice Id under which votes for `call` are counted now.
    function callIdOf(bytes calldata call, uint256 nonce) external view returns (bytes32);

    function isPaused(address registry) external view returns (bool);

    /// @notice Zero while `registry` has none.
    function successorOf(address registry) external view returns (address);
}
