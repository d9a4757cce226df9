using System.Text;
using System.Text.Json;
using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Core.Llm.Asks;

/// <summary>
/// One forward pass over the JSON of a request. Counts strings where they stand and keeps none but the model's name, so that a
/// body of 64 MB costs its reading and nothing else.
/// </summary>
internal ref struct AskScan
{
    /// <summary>Objects and arrays within each other. Schemas of tools need some twenty.</summary>
    private const int Deepest = 256;

    // Around each member that is written to the prompt.
    private static readonly DeliveredText Punctuation = DeliveredText.OfPlain("\":,"u8);

    private readonly Span<Frame> _frames;
    private readonly AskDraft _draft;
    private Utf8JsonReader _reader;
    private int _depth;
    private AskMember _member;

    /// <summary>Groups of settings that were opened so far; they do not hold each other.</summary>
    private int _groups;

    private AskScan(ReadOnlySpan<byte> json, Span<Frame> frames, AskDraft draft)
    {
        _reader = new(json, new() { MaxDepth = Deepest, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
        _frames = frames;
        _draft = draft;
    }

    private enum Zone : byte
    {
        Request,
        Settings,
        Prompt,

        /// <summary>As the prompt; numbers in arrays are tokens.</summary>
        Input,
        Written,
        Things,
        Quiet,
    }

    /// <summary>An object or array that is being read.</summary>
    private struct Frame
    {
        public Zone Zone;
        public bool IsArray;

        /// <summary>The member that holds it; the elements of an array are read as such members.</summary>
        public AskMember Member;
        public int Items;

        /// <summary>What it says of a file, the surest first.</summary>
        public MediaKind ByContent;
        public MediaKind ByType;
        public bool IsCoarse;

        /// <summary>Files in it of which the kind is not known yet.</summary>
        public int Files;
        public long Bytes;
    }

    /// <summary>False: it is no JSON object.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, AskDraft draft)
    {
        Span<Frame> frames = stackalloc Frame[Deepest + 1];
        var scan = new AskScan(json, frames, draft);
        try
        {
            return scan.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private bool Read()
    {
        if (!_reader.Read() || _reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        _frames[0] = new() { Zone = Zone.Request };
        while (_reader.Read())
        {
            switch (_reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    Name();
                    break;
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    Open();
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    Close();
                    break;
                case JsonTokenType.String:
                    Item();
                    Text();
                    break;
                case JsonTokenType.Number:
                    Item();
                    Number();
                    break;
                case JsonTokenType.True or JsonTokenType.False:
                    Flag(_reader.TokenType == JsonTokenType.True);
                    break;
                default:
                    break;
            }
        }

        return true;
    }

    private void Name()
    {
        var zone = _frames[_depth].Zone;
        if (zone == Zone.Written)
        {
            _draft.Prompt += DeliveredText.OfJson(_reader.ValueSpan) + Punctuation;
            _draft.NoteTool(IsOfTool ? _reader.ValueSpan : default);
        }

        Span<char> buffer = stackalloc char[AskNames.Longest * LongestEscape];
        var name = Copied(buffer);
        _member = zone switch
        {
            Zone.Request => AskNames.OfRequest(name),
            Zone.Settings when _frames[_depth].Member == AskMember.StreamOptions => name is "include_usage" ? AskMember.WantsUsage : AskMember.Other,
            Zone.Settings => AskNames.OfSetting(name),
            Zone.Prompt or Zone.Input => AskNames.OfPrompt(name),
            Zone.Written when IsOfTool => name switch { "type" => AskMember.Type, "max_uses" => AskMember.MostSearches, _ => AskMember.Other },
            _ => AskMember.Other,
        };
        _draft.WritesCache |= name is "cache_control" or "cachePoint";
        if (zone is Zone.Request or Zone.Settings)
        {
            _draft.Says(_depth == 0 ? 0 : _groups, _member, name);
        }
    }

    // A tool itself, an element of the list of tools.
    private readonly bool IsOfTool => _depth == 2 && _frames[1].Member == AskMember.Tools;

    /// <summary>Characters of <c>\u0041</c>: a name may be written that long for each of its own.</summary>
    private const int LongestEscape = 6;

    /// <summary>The text without its escapes; empty when it is longer than the buffer as it was written, or no text.</summary>
    private readonly ReadOnlySpan<char> Copied(Span<char> buffer)
    {
        if (_reader.ValueSpan.Length > buffer.Length)
        {
            return [];
        }

        try
        {
            return buffer[.._reader.CopyString(buffer)];
        }
        catch (InvalidOperationException)
        {
            return [];
        }
    }

    /// <summary>What the value that comes now is: an element of an array is what the array is.</summary>
    private readonly AskMember Here => _frames[_depth].IsArray ? _frames[_depth].Member : _member;

    private readonly void Item() => _frames[_depth].Items += _frames[_depth].IsArray ? 1 : 0;

    private void Open()
    {
        Item();
        var parent = _frames[_depth];
        var member = Here;
        var isArray = _reader.TokenType == JsonTokenType.StartArray;
        _draft.Searches |= parent.Zone == Zone.Request && member == AskMember.WebSearch ? 1 : 0;
        var zone = ZoneIn(parent.Zone, member, isArray);
        _groups += parent.Zone == Zone.Request && zone == Zone.Settings ? 1 : 0;
        _frames[++_depth] = new() { Zone = zone, IsArray = isArray, Member = member };
    }

    private static Zone ZoneIn(Zone parent, AskMember member, bool isArray) => (parent, member) switch
    {
        (Zone.Quiet or Zone.Written or Zone.Things, _) => parent,
        (_, AskMember.Quiet or AskMember.WebSearch or AskMember.ServiceTier) => Zone.Quiet,
        (_, AskMember.Written or AskMember.Tools) => Zone.Written,
        (Zone.Request, AskMember.Settings or AskMember.StreamOptions) or (Zone.Request or Zone.Settings, AskMember.Forms) => Zone.Settings,

        // No provider reads a bound or a number of answers deeper down.
        (Zone.Settings, _) => Zone.Quiet,
        (Zone.Request, AskMember.Input) => isArray ? Zone.Input : Zone.Prompt,
        (Zone.Request, AskMember.Things) => Zone.Things,
        (Zone.Input, _) => isArray ? Zone.Input : Zone.Prompt,
        _ => Zone.Prompt,
    };

    private void Close()
    {
        var frame = _frames[_depth];
        if (_depth == 0)
        {
            return;
        }

        _depth--;
        if (_depth == 0)
        {
            _draft.Items(frame.Member, frame.Items);
        }

        if (frame.Files > 0)
        {
            Settle(frame);
        }
    }

    /// <summary>Files whose kind is known are counted; of others the object around them may know it.</summary>
    private readonly void Settle(Frame frame)
    {
        ref var parent = ref _frames[_depth];
        var kind = frame.ByContent != MediaKind.Unknown ? frame.ByContent : frame.ByType != MediaKind.Unknown ? frame.ByType : KindOf(frame.Member);
        if (kind != MediaKind.Unknown || _depth == 0)
        {
            _draft.Files(kind, frame.Files, frame.Bytes, frame.IsCoarse || parent.IsCoarse);
            return;
        }

        parent.Files += frame.Files;
        parent.Bytes += frame.Bytes;
        parent.IsCoarse |= frame.IsCoarse;
    }

    private static MediaKind KindOf(AskMember member) => member switch
    {
        AskMember.Image => MediaKind.Image,
        AskMember.Audio => MediaKind.Audio,
        AskMember.Video => MediaKind.Video,
        AskMember.Document => MediaKind.Document,
        _ => MediaKind.Unknown,
    };

    private void Text()
    {
        var value = _reader.ValueSpan;
        switch (_frames[_depth].Zone)
        {
            case Zone.Request:
                TextOfRequest(value);
                break;
            case Zone.Prompt or Zone.Input:
                TextOfPrompt(value);
                break;
            case Zone.Settings when Here == AskMember.Forms:
                _draft.NoteForm(value, isSetting: _depth > 1);
                break;
            case Zone.Written:
                _draft.Prompt += DeliveredText.OfJson(value);
                _draft.NoteTool(IsOfTool && _member == AskMember.Type ? value : default);
                break;
            default:
                break;
        }
    }

    private void TextOfRequest(ReadOnlySpan<byte> value)
    {
        switch (_member)
        {
            case AskMember.Model:
                _draft.Model = ModelName() ?? _draft.Model;
                break;
            case AskMember.Depth:
                _draft.IsAdvanced |= value.SequenceEqual("advanced"u8);
                break;
            case AskMember.Things:
                _draft.Items(AskMember.Things, 1);
                break;
            case AskMember.ServiceTier:
                _draft.ServiceTier = value.Length <= ServiceTiers.Longest ? ServiceTiers.Of(Encoding.UTF8.GetString(value)) : null;
                break;
            case AskMember.Quiet or AskMember.Settings or AskMember.StreamOptions or AskMember.Forms or AskMember.Stream or AskMember.Answers or AskMember.MaxOutput or AskMember.Limit:
                break;
            case AskMember.Input:
                _draft.Items(AskMember.Input, 1);
                goto default;
            default:
                TextOrFile(value, KindOf(_member));
                break;
        }
    }

    private readonly string? ModelName()
    {
        Span<char> buffer = stackalloc char[PriceRules.LongestModel * LongestEscape];
        var name = Copied(buffer);
        return name.IsEmpty ? null : name.ToString();
    }

    private readonly void TextOfPrompt(ReadOnlySpan<byte> value)
    {
        ref var frame = ref _frames[_depth];
        switch (Here)
        {
            case AskMember.Quiet:
                break;
            case AskMember.Type:
                frame.ByType = AskMedia.OfPart(value) is var part && part != MediaKind.Unknown ? part : frame.ByType;
                break;
            case AskMember.MediaType:
                frame.ByContent = AskMedia.OfType(value);
                break;
            case AskMember.Detail:
                frame.IsCoarse |= value.SequenceEqual("low"u8);
                break;
            case AskMember.Data when frame.ByContent != MediaKind.Text && AskMedia.IsBase64(value):
                File(ref frame, value);
                break;
            case AskMember.Address when !value.StartsWith("data:"u8):
                frame.Files++;
                break;
            case var member:
                TextOrFile(value, KindOf(member));
                break;
        }
    }

    private readonly void File(ref Frame frame, ReadOnlySpan<byte> base64)
    {
        var kind = AskMedia.OfBase64(base64, out var length);
        if (length is not null)
        {
            _draft.Sound(length.Value);
            return;
        }

        frame.ByContent = kind != MediaKind.Unknown ? kind : frame.ByContent;
        frame.Files++;
        frame.Bytes += AskMedia.BytesOf(base64);
    }

    /// <summary>A string that may be text, or a file inline or by its address where one belongs.</summary>
    private readonly void TextOrFile(ReadOnlySpan<byte> value, MediaKind kind)
    {
        if (value.StartsWith("data:"u8) && value[..Math.Min(value.Length, 128)].IndexOf(";base64,"u8) is var mark and > 0)
        {
            var known = AskMedia.OfType(value[5..]);
            Book(value[(mark + 8)..], known != MediaKind.Unknown ? known : kind);
        }
        else if (kind == MediaKind.Unknown)
        {
            _draft.Prompt += DeliveredText.OfJson(value);
        }
        else if (AskMedia.IsBase64(value))
        {
            Book(value, kind);
        }
        else if (value.IndexOf("://"u8) is > 0 and < 10)
        {
            _draft.Files(kind, 1, 0, _frames[_depth].IsCoarse);
        }
        else
        {
            _draft.Prompt += DeliveredText.OfJson(value);
        }
    }

    private readonly void Book(ReadOnlySpan<byte> base64, MediaKind kind)
    {
        var found = AskMedia.OfBase64(base64, out var length);
        if (length is not null)
        {
            _draft.Sound(length.Value);
            return;
        }

        _draft.Files(kind != MediaKind.Unknown ? kind : found, 1, AskMedia.BytesOf(base64), _frames[_depth].IsCoarse);
    }

    private readonly void Number()
    {
        var zone = _frames[_depth].Zone;
        if (zone == Zone.Written)
        {
            _draft.Prompt += DeliveredText.OfPlain(_reader.ValueSpan);
            _draft.Count(IsOfTool ? _member : AskMember.Other, Whole());
        }
        else if (zone == Zone.Input && _frames[_depth].IsArray)
        {
            _draft.PromptTokens++;
        }
        else if (zone is Zone.Request or Zone.Settings)
        {
            _draft.Count(Here, Whole());
        }
    }

    /// <summary>Null for a number that counts nothing: negative, or with a fraction.</summary>
    private readonly long? Whole() =>
        _reader.TryGetDecimal(out var number) && number >= 0 && number == decimal.Truncate(number)
            ? (long)Math.Min(number, UsageDraft.MostTokens)
            : null;

    private readonly void Flag(bool isSet)
    {
        var zone = _frames[_depth].Zone;
        if (zone == Zone.Request && _member == AskMember.Stream)
        {
            _draft.IsStream = isSet;
        }
        else if (zone == Zone.Settings && _member == AskMember.WantsUsage)
        {
            _draft.WantsUsage = isSet;
        }
    }
}
