package org.djlquant.chat;

import java.time.Clock;
import java.util.List;
import java.util.Map;

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
    private final List<Node.Stmt> statements;
    private final TemplateLimits limits;
    private final Clock clock;

    private ChatTemplate(String source, List<Node.Stmt> statements, TemplateLimits limits, Clock clock) {
        this.source = source;
        this.statements = statements;
        this.limits = limits;
        this.clock = clock;
    }

    /**
     * Compiles a template.
     *
     * @throws ChatTemplateException with line and column if the source is not a template
     */
    public static ChatTemplate of(String source) {
        List<Node.Stmt> statements;
        try {
            statements = new Parser(source).parse();
            Checker.check(statements);
        } catch (StackOverflowError e) {
            throw Budget.exceeded("its expressions nest too deeply for this thread's stack");
        }
        return new ChatTemplate(source, statements, TemplateLimits.DEFAULT, Clock.systemDefaultZone());
    }

    /** This template with other bounds on what a rendering may cost. */
    public ChatTemplate withLimits(TemplateLimits other) {
        return new ChatTemplate(source, statements, other, clock);
    }

    /** This template with another time for {@code strftime_now}. */
    public ChatTemplate withClock(Clock other) {
        return new ChatTemplate(source, statements, limits, other);
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
     * (roles excepted), {@code tools} and {@code documents} is the user's, wherever the template moves its
     * characters and however it cuts, trims, replaces, joins or quotes them. Where characters cannot be traced
     * one by one (a change of case that changes the length, say), a result with any user character in it counts
     * as the user's as a whole. Concatenated, the spans are what {@link #render} returns.
     */
    public List<RenderedSpan> renderSpans(Map<String, ?> variables) {
        return render(variables, true).spans();
    }

    private TextBuilder render(Map<String, ?> variables, boolean marking) {
        Budget budget = new Budget(limits);
        ValueTypes.Scope scope;
        try {
            scope = new Inputs(budget, marking).scope(variables);
        } catch (StackOverflowError e) {
            throw Budget.exceeded("the variables nest too deeply");
        }
        return new Interpreter(budget, clock).render(statements, scope);
    }
}
