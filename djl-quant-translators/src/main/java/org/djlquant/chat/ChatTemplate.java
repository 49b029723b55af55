package org.djlquant.chat;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.djlquant.chat.jinja.Template;
import org.djlquant.chat.python.Budget;
import org.djlquant.chat.python.PythonError;
import org.djlquant.chat.python.Text;

/**
 * A chat template in the Jinja subset of Hugging Face models, compiled. It renders what transformers'
 * {@code apply_chat_template} does (jinja2's immutable sandbox with trim_blocks, lstrip_blocks, loop controls,
 * {@code tojson} without HTML escaping, {@code raise_exception}, {@code strftime_now} and the
 * {@code generation} tag), and raises errors where that does.
 *
 * <p>Variables are maps, lists, arrays, strings, numbers, booleans and null; they are copied, so no template can
 * change them. Templates reach nothing else: no classes, files or other templates. Immutable and thread-safe.
 */
public final class ChatTemplate {

    private final String source;
    private final Template template;
    private final TemplateLimits limits;
    /** Null is the system's, which takes longer to start up than most templates, of which few ask for it. */
    private final Clock clock;

    private ChatTemplate(String source, Template template, TemplateLimits limits, Clock clock) {
        this.source = source;
        this.template = template;
        this.limits = limits;
        this.clock = clock;
    }

    /**
     * Compiles a template.
     *
     * @throws ChatTemplateException with line and column if the source is not a template
     */
    public static ChatTemplate of(String source) {
        Objects.requireNonNull(source, "source");
        try {
            return new ChatTemplate(source, Template.of(source), TemplateLimits.DEFAULT, null);
        } catch (PythonError e) {
            throw new ChatTemplateException(e);
        }
    }

    /** This template with other bounds on what a rendering may cost. */
    public ChatTemplate withLimits(TemplateLimits other) {
        return new ChatTemplate(source, template, other, clock);
    }

    /** This template with another time for {@code strftime_now}. */
    public ChatTemplate withClock(Clock other) {
        return new ChatTemplate(source, template, limits, other);
    }

    /** The source text. */
    public String source() {
        return source;
    }

    /**
     * Renders a conversation. {@code tools} and {@code documents} are None if they are not among the variables;
     * any other missing variable is undefined.
     *
     * @param variables {@code messages}, {@code add_generation_prompt}, {@code bos_token}, {@code tools} …
     * @throws ChatTemplateException if the template refuses the conversation, fails, or passes a limit
     */
    public String render(Map<String, ?> variables) {
        return render(variables, false).toString();
    }

    /**
     * Renders a conversation and tells whose characters each stretch is: every string within {@code messages}
     * (roles of one word excepted), {@code tools} and {@code documents} is the user's, wherever the template moves its
     * characters and however it cuts, trims, replaces, joins or quotes them. Where characters cannot be traced
     * one by one (a change of case that changes the length, say), a result with any user character in it counts
     * as the user's as a whole. Concatenated, the spans are what {@link #render} returns.
     */
    public List<RenderedSpan> renderSpans(Map<String, ?> variables) {
        List<RenderedSpan> spans = new ArrayList<>();
        render(variables, true).forEachSpan((text, fromUser) -> spans.add(new RenderedSpan(text, fromUser)));
        return spans;
    }

    private Text render(Map<String, ?> variables, boolean marking) {
        Objects.requireNonNull(variables, "variables");
        Budget budget = new Budget(limits.maxSteps(), limits.maxCharacters(), limits.maxDepth(), limits.maxTime());
        try {
            return template.render(budget, clock, new Inputs(budget, marking).copy(variables));
        } catch (PythonError e) {
            throw new ChatTemplateException(e);
        } catch (StackOverflowError e) {
            throw new ChatTemplateException(PythonError.limit("the variables nest too deeply"));
        }
    }
}
