using System.Text;
using System.Text.Json;
using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Core.Llm.Requests;

/// <summary>
/// One forward pass over the JSON of a request. It counts strings in place and keeps only the model's name, so that a body of 64 MB costs
/// its reading and nothing else.
/// </summary>
internal ref struct RequestScanner
{
    /// <summary>The deepest nesting of objects and arrays. Schemas of tools need some twenty levels.</summary>
    private const int Deepest = 256;

    // Around each member that is written to the prompt.
    private static readonly DeliveredText Punctuation = DeliveredText.OfPlain("\":,"u8);

    private readonly Span<Frame> _frames;
    private readonly RequestDraft _draft;
    private Utf8JsonReader _reader;
    private int _depth;
    private RequestMember _member;

    /// <summary>The groups of settings opened so far; they are not nested.</summary>
    private int _groups;

    private RequestScanner(ReadOnlySpan<byte> json, Span<Frame> frames, RequestDraft draft)
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

        /// <summary>Like the prompt, but numbers in arrays are tokens.</summary>
        Input,
        Written,
        Things,
        Quiet,
    }

    /// <summary>An object or array in progress.</summary>
    private struct Frame
    {
        public Zone Zone;
        public bool IsArray;

        /// <summary>The member that contains it; the elements of an array count as such members.</summary>
        public RequestMember Member;
        public int Items;

        /// <summary>The kind of its file, the most certain first.</summary>
        public MediaKind ByContent;
        public MediaKind ByType;
        public bool IsCoarse;

        /// <summary>The number of its files whose kind is not known yet.</summary>
        public int Files;
        public long Bytes;
    }

    /// <summary>Returns false if the body is not a JSON object.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, RequestDraft draft)
    {
        Span<Frame> frames = stackalloc Frame[Deepest + 1];
        var scan = new RequestScanner(json, frames, draft);
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

        Span<char> buffer = stackalloc char[RequestNames.Longest * LongestEscape];
        var name = Copied(buffer);
        _member = zone switch
        {
            Zone.Request => RequestNames.OfRequest(name),
            Zone.Settings when _frames[_depth].Member == RequestMember.StreamOptions =>
                name is "include_usage" ? RequestMember.WantsUsage : RequestMember.Other,
            Zone.Settings => RequestNames.OfSetting(name),
            Zone.Prompt or Zone.Input => RequestNames.OfPrompt(name),
            Zone.Written when IsOfTool =>
                name switch { "type" => RequestMember.Type, "max_uses" => RequestMember.MostSearches, _ => RequestMember.Other },
            _ => RequestMember.Other,
        };
        _draft.WritesCache |= name is "cache_control" or "cachePoint";
        if (zone is Zone.Request or Zone.Settings)
        {
            _draft.Says(_depth == 0 ? 0 : _groups, _member, name);
        }
    }

    // A tool itself, an element of the list of tools.
    private readonly bool IsOfTool => _depth == 2 && _frames[1].Member == RequestMember.Tools;

    /// <summary>The length of <c>\u0041</c>: each character of a name may be written that long.</summary>
    private const int LongestEscape = 6;

    /// <summary>Returns the text without its escapes; empty if its written form exceeds the buffer, or if it is invalid text.</summary>
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

    /// <summary>The member of the current value: an element of an array has the member of the array.</summary>
    private readonly RequestMember Here => _frames[_depth].IsArray ? _frames[_depth].Member : _member;

    private readonly void Item() => _frames[_depth].Items += _frames[_depth].IsArray ? 1 : 0;

    private void Open()
    {
        Item();
        var parent = _frames[_depth];
        var member = Here;
        var isArray = _reader.TokenType == JsonTokenType.StartArray;
        _draft.Searches |= parent.Zone == Zone.Request && member == RequestMember.WebSearch ? 1 : 0;
        var zone = ZoneIn(parent.Zone, member, isArray);
        _groups += parent.Zone == Zone.Request && zone == Zone.Settings ? 1 : 0;
        _frames[++_depth] = new() { Zone = zone, IsArray = isArray, Member = member };
    }

    private static Zone ZoneIn(Zone parent, RequestMember member, bool isArray) => (parent, member) switch
    {
        (Zone.Quiet or Zone.Written or Zone.Things, _) => parent,
        (_, RequestMember.Quiet or RequestMember.WebSearch or RequestMember.ServiceTier) => Zone.Quiet,
        (_, RequestMember.Written or RequestMember.Tools) => Zone.Written,
        (Zone.Request, RequestMember.Settings or RequestMember.StreamOptions) or (Zone.Request or Zone.Settings, RequestMember.Forms) =>
            Zone.Settings,

        // No provider reads a limit or a number of answers deeper down.
        (Zone.Settings, _) => Zone.Quiet,
        (Zone.Request, RequestMember.Input) => isArray ? Zone.Input : Zone.Prompt,
        (Zone.Request, RequestMember.Things) => Zone.Things,
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

    /// <summary>Counts files of a known kind; passes others to the enclosing object, which may know their kind.</summary>
    private readonly void Settle(Frame frame)
    {
        ref var parent = ref _frames[_depth];
        var kind = frame.ByContent != MediaKind.Unknown ? frame.ByContent
            : frame.ByType != MediaKind.Unknown ? frame.ByType
            : KindOf(frame.Member);
        if (kind != MediaKind.Unknown || _depth == 0)
        {
            _draft.Files(kind, frame.Files, frame.Bytes, frame.IsCoarse || parent.IsCoarse);
            return;
        }

        parent.Files += frame.Files;
        parent.Bytes += frame.Bytes;
        parent.IsCoarse |= frame.IsCoarse;
    }

    private static MediaKind KindOf(RequestMember member) => member switch
    {
        RequestMember.Image => MediaKind.Image,
        RequestMember.Audio => MediaKind.Audio,
        RequestMember.Video => MediaKind.Video,
        RequestMember.Document => MediaKind.Document,
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
            case Zone.Settings when Here == RequestMember.Forms:
                _draft.NoteForm(value, isSetting: _depth > 1);
                break;
            case Zone.Written:
                _draft.Prompt += DeliveredText.OfJson(value);
                _draft.NoteTool(IsOfTool && _member == RequestMember.Type ? value : default);
                break;
            default:
                break;
        }
    }

    private void TextOfRequest(ReadOnlySpan<byte> value)
    {
        switch (_member)
        {
            case RequestMember.Model:
                _draft.Model = ModelName() ?? _draft.Model;
                break;
            case RequestMember.Depth:
                _draft.IsAdvanced |= value.SequenceEqual("advanced"u8);
                break;
            case RequestMember.Things:
                _draft.Items(RequestMember.Things, 1);
                break;
            case RequestMember.ServiceTier:
                _draft.ServiceTier = value.Length <= ServiceTiers.Longest ? ServiceTiers.Of(Encoding.UTF8.GetString(value)) : null;
                break;
            case RequestMember.Quiet or RequestMember.Settings or RequestMember.StreamOptions or RequestMember.Forms or RequestMember.Stream
                or RequestMember.Answers or RequestMember.MaxOutput or RequestMember.Limit:
                break;
            case RequestMember.Input:
                _draft.Items(RequestMember.Input, 1);
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
            case RequestMember.Quiet:
                break;
            case RequestMember.Type:
                frame.ByType = RequestMedia.OfPart(value) is var part && part != MediaKind.Unknown ? part : frame.ByType;
                break;
            case RequestMember.MediaType:
                frame.ByContent = RequestMedia.OfType(value);
                break;
            case RequestMember.Detail:
                frame.IsCoarse |= value.SequenceEqual("low"u8);
                break;
            case RequestMember.Data when frame.ByContent != MediaKind.Text && RequestMedia.IsBase64(value):
                File(ref frame, value);
                break;
            case RequestMember.Address when !value.StartsWith("data:"u8):
                frame.Files++;
                break;
            case var member:
                TextOrFile(value, KindOf(member));
                break;
        }
    }

    private readonly void File(ref Frame frame, ReadOnlySpan<byte> base64)
    {
        var kind = RequestMedia.OfBase64(base64, out var length);
        if (length is not null)
        {
            _draft.Sound(length.Value);
            return;
        }

        frame.ByContent = kind != MediaKind.Unknown ? kind : frame.ByContent;
        frame.Files++;
        frame.Bytes += RequestMedia.BytesOf(base64);
    }

    /// <summary>Reads a string that may be text, or a file, inline or by its address.</summary>
    private readonly void TextOrFile(ReadOnlySpan<byte> value, MediaKind kind)
    {
        if (value.StartsWith("data:"u8) && value[..Math.Min(value.Length, 128)].IndexOf(";base64,"u8) is var mark and > 0)
        {
            var known = RequestMedia.OfType(value[5..]);
            Book(value[(mark + 8)..], known != MediaKind.Unknown ? known : kind);
        }
        else if (kind == MediaKind.Unknown)
        {
            _draft.Prompt += DeliveredText.OfJson(value);
        }
        else if (RequestMedia.IsBase64(value))
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
        var found = RequestMedia.OfBase64(base64, out var length);
        if (length is not null)
        {
            _draft.Sound(length.Value);
            return;
        }

        _draft.Files(kind != MediaKind.Unknown ? kind : found, 1, RequestMedia.BytesOf(base64), _frames[_depth].IsCoarse);
    }

    private readonly void Number()
    {
        var zone = _frames[_depth].Zone;
        if (zone == Zone.Written)
        {
            _draft.Prompt += DeliveredText.OfPlain(_reader.ValueSpan);
            _draft.Count(IsOfTool ? _member : RequestMember.Other, Whole());
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

    /// <summary>Returns null for a number that is not a count: negative, or with a fraction.</summary>
    private readonly long? Whole() =>
        _reader.TryGetDecimal(out var number) && number >= 0 && number == decimal.Truncate(number)
            ? (long)Math.Min(number, UsageDraft.MostTokens)
            : null;

    private readonly void Flag(bool isSet)
    {
        var zone = _frames[_depth].Zone;
        if (zone == Zone.Request && _member == RequestMember.Stream)
        {
            _draft.IsStream = isSet;
        }
        else if (zone == Zone.Settings && _member == RequestMember.WantsUsage)
        {
            _draft.WantsUsage = isSet;
        }
    }
}
